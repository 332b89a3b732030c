/* SPDX-License-Identifier: GPL-2.0 */
/* Makes the series one to zoom into, and the table of flows one to sort. The page is whole without it. */
(function () {
"use strict";

var root = document.documentElement;
var plots = {};
var groups = {};

/* "1.23 Gb/s": three digits that count */
function rate(value) {
	var units = [[1e9, "Gb/s"], [1e6, "Mb/s"], [1e3, "kb/s"], [1, "b/s"]];
	var i = 0;

	if (!value)
		return "0";
	while (i < 3 && value < units[i][0] * 0.9995)
		i++;
	return Number((value / units[i][0]).toPrecision(3)) + " " + units[i][1];
}

/* Seconds, with as many digits as the step has that they are multiples of. */
function seconds(value, step) {
	var digits = 0, scaled = step;

	while (digits < 9 && Math.abs(scaled - Math.round(scaled)) > 1e-6 * scaled) {
		digits++;
		scaled = step * Math.pow(10, digits);
	}
	return value.toFixed(digits);
}

/* Differences: sign in the last bit, seven bits a byte, base 64. */
function unpack(text, count) {
	var bytes = atob(text), values = new Array(count), last = 0, at = 0;

	for (var i = 0; i < count; i++) {
		var value = 0, scale = 1, byte;

		do {
			byte = bytes.charCodeAt(at++);
			value += (byte & 127) * scale;
			scale *= 128;
		} while (byte & 128);
		last += value % 2 ? -(value + 1) / 2 : value / 2;
		values[i] = last;
	}
	return values;
}

function colour(name) {
	return getComputedStyle(root).getPropertyValue(name).trim();
}

function series_load(element) {
	var data = JSON.parse(element.querySelector("script").textContent);
	var n = data.bins, step = Math.max(1e9, data.bin_ns);
	var ms = data.ms1 ? unpack(data.ms1, n) : null;
	var pkts = unpack(data.pkts, n), bytes = unpack(data.bytes, n);
	var us100 = data.us100 && unpack(data.us100, n), us10 = data.us10 && unpack(data.us10, n);
	var columns = [[], [], [], [], []];

	for (var i = 0; i < n; i++) {
		var second = Math.min(data.mean.length - 1, Math.floor(i * data.bin_ns / step));
		var seen = pkts[i] > 0;

		columns[0].push((i + 0.5) * data.bin_ns / 1e9);
		columns[1].push(seen && us10 ? us10[i] * 8e5 : null);
		columns[2].push(seen && us100 ? us100[i] * 8e4 : null);
		columns[3].push(seen && !data.no_ms ? (ms || bytes)[i] * 8e3 : null);
		columns[4].push(data.mean[second]);
	}
	data.columns = columns;
	data.pkts = pkts;
	data.is_log = data.log;
	return data;
}

/* Processors: shares of a millisecond; 0 stands for what is not known. */
function cpu_load(element) {
	var data = JSON.parse(element.querySelector("script").textContent);

	var sums = {}, step = Math.max(1e9, data.bin_ns);

	function sum_at(i) {
		var second = Math.floor(i * data.bin_ns / step);

		return sums[second] = sums[second] || { all: 0, bins: 0 };
	}
	data.columns = [[], [], [], [], []];
	["busy", "softirq", "together"].forEach(function (name, k) {
		unpack(data[name], data.bins).forEach(function (value, i) {
			data.columns[0][i] = (i + 0.5) * data.bin_ns / 1e9;
			data.columns[k + 1].push(value ? (value - 1) / 1000 : null);
		});
	});
	data.columns[3].forEach(function (value, i) {
		if (value != null) {
			sum_at(i).all += value;
			sum_at(i).bins++;
		}
	});
	data.columns[3].forEach(function (value, i) {
		data.columns[4].push(sum_at(i).bins ? sum_at(i).all / sum_at(i).bins : null);
	});
	data.is_cpu = true;
	return data;
}

function percent(value) {
	return Number((value * 100).toFixed(1)) + " %";
}

function dots(name, variable, word, untold) {
	return {
		label: name, stroke: colour(variable), paths: function () { return null; },
		points: { show: true, size: 3.4, width: 0, fill: colour(variable), stroke: colour(variable) },
		value: function (u, v, s, i) { return i == null ? "" : v == null ? word || untold ? "not known" : "nothing" : (word || rate)(v); }
	};
}

/* The burst that was asked for, as a band behind the dots. */
function band_draw(u, data) {
	if (!data.band)
		return;
	var from = u.valToPos(data.band[0], "x", true), to = u.valToPos(data.band[1], "x", true);

	u.ctx.save();
	u.ctx.beginPath();
	u.ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
	u.ctx.clip();
	u.ctx.globalAlpha = 0.18;
	u.ctx.fillStyle = colour("--bad");
	u.ctx.fillRect(from, u.bbox.top, Math.max(to - from, 2 * devicePixelRatio), u.bbox.height);
	u.ctx.restore();
}

function axis(more) {
	var base = {
		stroke: colour("--soft"), font: "12px " + getComputedStyle(document.body).fontFamily,
		grid: { stroke: colour("--hair"), width: 1 }, ticks: { show: false }
	};

	for (var key in more)
		base[key] = more[key];
	return base;
}

/* Ticks of a logarithmic scale. */
function decades(u, axis, min, max) {
	var ret = [];

	for (var value = Math.pow(10, Math.ceil(Math.log10(min) - 1e-9)); value <= max * 1.001; value *= 10)
		ret.push(value);
	return ret;
}

function all(u, splits) {
	return splits;
}

function rates(u, splits) {
	return splits.map(rate);
}

/* Plots of one vantage that has processors are zoomed together. */
function link(data, u) {
	if (!data.group || data.group.is_busy)
		return;
	data.group.is_busy = true;
	data.group.forEach(function (other) {
		if (other != data && other.plot)
			other.plot.setScale("x", { min: u.scales.x.min, max: u.scales.x.max });
	});
	data.group.is_busy = false;
}

function cursor(data) {
	var ret = { drag: { x: true, y: false }, points: { size: 7 } };

	if (data.group)
		ret.sync = { key: data.group.key, setSeries: false, scales: ["x", null] };
	return ret;
}

function line(name, word) {
	return {
		label: name, stroke: colour("--ink"), width: 2, points: { show: false },
		value: function (u, v, s, i) { return i == null || v == null ? "" : word(v); }
	};
}

function series_of(data) {
	var at = { label: "at", value: function (u, v, s, i) {
		return i == null ? "" : seconds(v - data.bin_ns / 2e9, data.bin_ns / 1e9) + " s" + (data.pkts ? ", " + data.pkts[i] + " frames" : "");
	} };

	return data.is_cpu ?
		[at, dots("busiest", "--p1", percent), dots("softirqs", "--p4", percent), dots("all", "--p5", percent), line("mean", percent)] :
		[at, dots("10 µs", "--p4", 0, !data.us10), dots("100 µs", "--p5", 0, !data.us100), dots("1 ms", "--p1", 0, data.no_ms), line("mean", rate)];
}

function height(data, width) {
	return data.is_cpu ? Math.max(180, Math.min(240, width * 0.24)) : Math.max(260, Math.min(400, width * 0.4));
}

function options(data, width) {
	return {
		width: width, height: height(data, width),
		padding: [8, 30, 0, 0],
		cursor: cursor(data),
		scales: {
			x: { time: false, range: function (u, min, max) {
				return min == data.columns[0][0] && max == data.columns[0][data.bins - 1] ?
					[0, data.span_ns / 1e9] : [min, max];
			} },
			y: { distr: data.is_log ? 3 : 1, range: data.is_cpu ? [0, 1] : [data.is_log ? data.from : 0, data.to] }
		},
		axes: [
			axis({ space: 70, values: function (u, splits, i, space, step) {
				return splits.map(function (v, k) {
					return seconds(v, step) + (k == splits.length - 1 ? " s" : "");
				});
			} }),
			axis(data.is_log ? { size: 66, splits: decades, values: rates, filter: all } :
				{ size: 66, values: data.is_cpu ? function (u, splits) { return splits.map(percent); } : rates })
		],
		series: series_of(data),
		hooks: {
			drawAxes: [function (u) { band_draw(u, data); }],
			setScale: [function (u, key) {
				if (key != "x")
					return;
				if (data.all)
					data.all.disabled = u.scales.x.min <= 0 &&
						u.scales.x.max >= data.span_ns / 1e9;
				if (u == data.plot)
					link(data, u);
			}]
		}
	};
}

function draw(element, data) {
	var box = element.querySelector(".plot"), kept = null;

	if (data.plot) {
		kept = [data.plot.scales.x.min, data.plot.scales.x.max];
		data.plot.destroy();
	}
	data.plot = new uPlot(options(data, box.clientWidth), data.columns, box);
	if (kept)
		data.plot.setScale("x", { min: kept[0], max: kept[1] });
}

function button(parent, text, action) {
	var b = document.createElement("button");

	b.type = "button";
	b.textContent = text;
	b.addEventListener("click", action);
	parent.appendChild(b);
	return b;
}

function band_set(data, band) {
	(data.group || [data]).forEach(function (one) { one.band = band; });
}

function tools_add(element, data, tools) {
	data.all = button(tools, "all of it", function () {
		band_set(data, null);
		data.plot.setScale("x", { min: data.columns[0][0], max: data.columns[0][data.bins - 1] });
	});
	var scale = button(tools, "", function () {
		data.is_log = !data.is_log;
		scale_name();
		draw(element, data);
	});
	function scale_name() {
		scale.textContent = data.is_log ? "linear scale" : "logarithmic scale";
	}
	scale_name();
	scale.hidden = !data.log;
	tools.appendChild(document.createTextNode("Point for values, drag to zoom in, double-click to see all."));
}

/* Where there are processors: they stand on the axis of the rates. */
function group_join(element, data) {
	var article = element.closest("article"), cpu = article && article.querySelector("[data-kind=cpu]");

	if (!cpu)
		return;
	if (!groups[cpu.id]) {
		groups[cpu.id] = [];
		groups[cpu.id].key = cpu.id;
	}
	data.group = groups[cpu.id];
	data.group.push(data);
}

function series_start(element) {
	var data = element.dataset.kind == "cpu" ? cpu_load(element) : series_load(element);
	var tools = document.createElement("div"), box = document.createElement("div");
	var width = 0;

	if (!data.bins)
		return false;
	tools.className = "tools";
	box.className = "plot";
	element.appendChild(tools);
	element.appendChild(box);
	if (!data.is_cpu)
		tools_add(element, data, tools);
	group_join(element, data);
	plots[element.id] = data;
	draw(element, data);
	new ResizeObserver(function () {
		if (box.clientWidth && box.clientWidth != width) {
			width = box.clientWidth;
			data.plot.setSize({ width: width, height: height(data, width) });
		}
	}).observe(box);
	data.element = element;
	return true;
}

/* A burst's link: its surroundings in the series. */
function burst_show(link, event) {
	var data = plots[link.getAttribute("href").slice(1)];
	var from = link.dataset.from / 1e9, to = link.dataset.to / 1e9;
	var around = Math.max(20 * data.bin_ns / 1e9, 2 * (to - from));

	event.preventDefault();
	band_set(data, [from, to]);
	data.plot.setScale("x", { min: from - around, max: to + around });
	data.element.scrollIntoView({ behavior: "smooth", block: "center" });
}

function cell_value(row, column) {
	var value = row.cells[column].dataset.v;

	return value === undefined ? -Infinity : Number(value);
}

function table_start(table) {
	var heads = table.tHead.rows[0].cells, body = table.tBodies[0];

	function sort(column) {
		var is_up = heads[column].getAttribute("aria-sort") == "descending";
		var rows = Array.prototype.slice.call(body.rows);

		rows.sort(function (a, b) {
			var d = cell_value(a, column) - cell_value(b, column) || 0;

			return is_up ? d : -d;
		});
		for (var i = 0; i < heads.length; i++)
			heads[i].removeAttribute("aria-sort");
		heads[column].setAttribute("aria-sort", is_up ? "ascending" : "descending");
		rows.forEach(function (row) { body.appendChild(row); });
	}
	Array.prototype.forEach.call(heads, function (head, column) {
		head.tabIndex = 0;
		head.addEventListener("click", function () { sort(column); });
		head.addEventListener("keydown", function (event) {
			if (event.key == "Enter" || event.key == " ") {
				event.preventDefault();
				sort(column);
			}
		});
	});
}

root.classList.add("js");
document.querySelectorAll(".series").forEach(function (element) {
	if (!series_start(element))
		element.querySelector(".still").style.display = "block";
});
document.querySelectorAll("a[data-from]").forEach(function (link) {
	link.addEventListener("click", function (event) { burst_show(link, event); });
});
document.querySelectorAll("table.sorted").forEach(table_start);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", function () {
	for (var id in plots)
		draw(plots[id].element, plots[id]);
});
}());
