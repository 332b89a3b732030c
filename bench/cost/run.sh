#!/bin/sh
# run.sh [VERSION [FLOWS]]: guest instructions per frame and per payload byte for TCP that sends 400 Mb/s over a device of 1 Gb/s, in an
# emulated machine with Debian's own kernel (newest or 6.1): Sluice beside fq, cake, tbf and pfifo_fast, with the length of the
# trains that the wire carried and the round trip that TCP takes its path for. With FLOWS (1, 100, 10000) those rows alone. Prints
# a table, writes build/bench/cost-VERSION[-FLOWS-flows].json. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 something is missing.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
# shellcheck source=lab/bootstrap.sh
. lab/bootstrap.sh
# shellcheck source=bench/machine.sh
. bench/machine.sh

version=${1:-newest} only_flows=${2:-}
title=$version${only_flows:+-$only_flows-flows}
total_mbit=400

# point NAME FLOWS TSO SEGS QDISC...: one measurement; SEGS 0 leaves the device's own limit. Super-packets of slow flows have
# $min_segs segments, two as Linux comes. Policies that pace the whole device get no rate for each flow.
point()
{
	policy=$1 flows=$2 tso=$3 segs=$4
	shift 4
	[ "${only_flows:-$flows}" = "$flows" ] || return 0
	rate=$((total_mbit * 1000000 / flows))
	case $1 in tbf | cake) rate=0 ;; esac
	# Few flows: short spans do. Each flow of 10,000 sends a packet of two frames every 0.6 s.
	case $flows in
	1) warmup_ms=300 span_ms=100 ;;
	100) warmup_ms=500 span_ms=$((50 * ${min_segs:-2})) ;;
	*) warmup_ms=2500 span_ms=1200 ;;
	esac
	echo "point $policy $tso ${launch:-none} $segs ${min_segs:-2} $flows $rate $warmup_ms $span_ms $*"
}

# Trains are measured with one flow, whose super-packets are long; a train of 64 is as long as they get. With +segsN the socket
# hands over super-packets of that size, and nothing is left to cut. With +minN slow flows have super-packets of N segments, by the
# sysctl tcp_min_tso_segs, of which Sluice makes single frames all the same.
# slack_plan: timers that may be late, so that one serves several departures, as fq's are by 10 us.
slack_plan()
{
	for flows in 100 10000; do
		for slack in 10 50 200; do
			point "sluice+slack$slack" "$flows" 1 0 sluice limit 100000 timer_slack "${slack}us"
		done
		point fq+segs1+slack200 "$flows" 1 1 fq limit 100000 timer_slack 200us
	done
	min_segs=8
	for slack in 50 200; do
		point "sluice+min8+slack$slack" 100 1 0 sluice limit 100000 timer_slack "${slack}us"
	done
	point fq+min8+segs1 100 1 1 fq limit 100000
	point fq+min8+segs1+slack200 100 1 1 fq limit 100000 timer_slack 200us
	min_segs=
}

plan()
{
	for tso in 1 0; do
		for train in 2 4 8 16 32 64; do
			point "train$train" 1 "$tso" 0 sluice train "$train"
		done
		for train in 4 16; do
			point "train$train+segs$train" 1 "$tso" "$train" sluice train "$train"
		done
		for flows in 1 100 10000; do
			point fq "$flows" "$tso" 0 fq limit 100000
			point fq+segs1 "$flows" "$tso" 1 fq limit 100000
			point sluice "$flows" "$tso" 0 sluice limit 100000
			point cake "$flows" "$tso" 0 cake bandwidth "${total_mbit}mbit" raw
			point tbf "$flows" "$tso" 0 tbf rate "${total_mbit}mbit" burst 1600 limit 4mb
			point pfifo_fast "$flows" "$tso" 0 pfifo_fast
		done
		for flows in 100 10000; do
			point train4 "$flows" "$tso" 0 sluice limit 100000 train 4
		done
		[ "$tso" = 0 ] || slack_plan
		min_segs=8
		point fq+min8 100 "$tso" 0 fq limit 100000
		point sluice+min8 100 "$tso" 0 sluice limit 100000
		for train in 2 4; do
			point "train$train+min8" 100 "$tso" 0 sluice limit 100000 train "$train"
		done
		min_segs=16
		point sluice+min16 100 "$tso" 0 sluice limit 100000
		min_segs=
	done
	# Lines that are filled up to each departure.
	launch=line
	for flows in 1 100 10000; do point sluice+gaps "$flows" 1 0 sluice limit 100000 gap_frames 200us; done
	point train4+gaps 1 1 0 sluice train 4 gap_frames 200us
	# Devices that keep departures. fq's stamps they take since 6.13, though none of the kernel's own drivers does; those that take
	# etf's do not take fq's.
	launch=etf
	point sluice+etf 1 1 0 sluice limit 100000 offload_horizon 200us
	[ "$version" = newest ] || return 0
	launch=stamp
	point fq+horizon 1 1 0 fq limit 100000
	for train in 4 16; do point "train$train+horizon" 1 1 0 sluice train "$train" offload_horizon 200us; done
	for flows in 1 100 10000; do
		point fq+segs1+horizon "$flows" 1 1 fq limit 100000
		point sluice+horizon "$flows" 1 0 sluice limit 100000 offload_horizon 200us
	done
	min_segs=8
	point sluice+min8+horizon 100 1 0 sluice limit 100000 offload_horizon 200us
}

# results JSON: the points as a table and as JSON.
results()
{
	awk -v release="$(cat "$stock/release")" -v package_version="$(cat "$stock/package_version")" -v json="$1" \
		-v want="$(grep -c '^point' "$out/root/plan")" -v total_mbit="$total_mbit" '
	{
		split("", v)
		for (i = 1; i <= NF; i++) { split($i, p, "="); v[p[1]] = p[2] }
		key = v["tso"] " " v["flows"] " " v["name"]
		ahead[key] = v["launch"] == "none" ? "" : v["launch"] == "line" ? ", with gap frames 200 us ahead" : ", which keeps departures 200 us ahead"
		order[++points] = key
		if (v["frames"] > 0 && v["trains"] > 0) {
			whole++
			per_frame[key] = v["busy"] / v["frames"]; per_byte[key] = v["busy"] / v["payload_bytes"]
			train[key] = v["frames"] / v["trains"]; acks[key] = v["acks"] / v["frames"]
			rate[key] = v["payload_bytes"] * 8000 / v["taken_ns"]; srtt[key] = v["srtt_us"] / 1000
		}
	}
	# What a departure costs and what a frame does, from single frames to the longest trains: the least relative squares of
	# per_frame = a / train + b.
	function fit(tso,  i, k, x, y, w, sw, sx, sy, sxx, sxy, error) {
		for (i = 1; i <= points; i++) {
			if (!fits(order[i], tso)) continue
			x = 1 / train[order[i]]; y = per_frame[order[i]]; w = 1 / (y * y)
			sw += w; sx += w * x; sy += w * y; sxx += w * x * x; sxy += w * x * y
		}
		if (!(sw * sxx - sx * sx > 0)) return 0
		departure = (sw * sxy - sx * sy) / (sw * sxx - sx * sx); frame = (sy - departure * sx) / sw; worst = 0
		for (i = 1; i <= points; i++) {
			if (!fits(order[i], tso)) continue
			error = (departure / train[order[i]] + frame) / per_frame[order[i]] - 1
			if (error < 0) error = -error
			if (error > worst) worst = error
		}
		return 1
	}
	function fits(key, tso,  k) { split(key, k, " "); return k[1] == tso && k[2] == 1 && k[3] ~ /^(sluice|train[0-9]+)$/ && train[key] }
	END {
		printf "{\n  \"schema_version\": 1,\n  \"unit\": \"instructions\",\n  \"kernel\": {\"release\": \"%s\", \"package_version\": \"%s\"},\n  \"points\": [\n", release, package_version > json
		printf "instructions, Linux %s (%s), %d Mb/s in all\n", release, package_version, total_mbit
		for (i = 1; i <= points; i++) {
			split(order[i], k, " ")
			printf "    {\"policy\": \"%s\", \"device_tso\": %s, \"device_keeps_departures\": %s, \"gap_frames\": %s, \"flows\": %d, \"instructions_per_frame\": %.0f, \"instructions_per_payload_byte\": %.3f, \"frames_per_train\": %.2f, \"acks_per_frame\": %.3f, \"mean_srtt_ms\": %.2f, \"payload_mbit_ps\": %.1f}%s\n", k[3], (k[1] + 0 ? "true" : "false"), (ahead[order[i]] ~ /keeps/ ? "true" : "false"), (ahead[order[i]] ~ /gap/ ? "true" : "false"), k[2], per_frame[order[i]], per_byte[order[i]], train[order[i]], acks[order[i]], srtt[order[i]], rate[order[i]], (i == points ? "" : ",") > json
			if (k[1] " " k[2] ahead[order[i]] != head) {
				head = k[1] " " k[2] ahead[order[i]]
				printf "\n%s flow%s, super-packets cut by %s%s\n%-18s %9s %9s %9s %9s %9s %9s\n", k[2], (k[2] + 0 == 1 ? "" : "s"), (k[1] + 0 ? "the device" : "the stack"), ahead[order[i]], "", "per frame", "per byte", "train", "acks", "srtt ms", "Mb/s"
			}
			printf "%-18s %9.0f %9.2f %9.2f %9.2f %9.1f %9.1f\n", k[3], per_frame[order[i]], per_byte[order[i]], train[order[i]], acks[order[i]], srtt[order[i]], rate[order[i]]
		}
		printf "  ],\n  \"train_fits\": [\n" > json
		printf "\n"
		for (i = 1; i >= 0; i--) if (fit(i)) {
			printf "super-packets cut by %s: %.0f for a departure and %.0f for a frame, within %.0f %%\n", i ? "the device" : "the stack", departure, frame, worst * 100
			printf "%s    {\"device_tso\": %s, \"instructions_per_departure\": %.0f, \"instructions_per_frame\": %.0f, \"largest_deviation_percent\": %.1f}", fitted++ ? ",\n" : "", i ? "true" : "false", departure, frame, worst * 100 > json
		}
		printf "%s  ]\n}\n", fitted ? "\n" : "" > json
		if (whole != want) { print "bench: " whole + 0 " of " want " points were measured" > "/dev/stderr"; exit 1 }
	}' "$out/points"
}

bench_begin "cost/$title" busybox iproute2
root_make cost
module_copy sch_fq sch_cake sch_tbf
plan >"$out/root/plan"
machine 5400 3072 | points cost 1-3 >"$out/points"
results "build/bench/cost-$title.json"
