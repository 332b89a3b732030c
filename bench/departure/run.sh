#!/bin/sh
# run.sh [VERSION]: how late TCP's frames reach the driver of a 1 Gb/s device, flows of 100 Mb/s, in an emulated machine with Debian's
# own kernel (newest, 6.12 or 6.1) whose time is counted in instructions, 1 ns each: Sluice beside fq, and beside the floor, a timer
# that wakes the transmit softirq. Prints a table, writes build/bench/departure-VERSION.json, and for the newest kernel
# docs/departure.md. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 something is missing.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
# shellcheck source=lab/bootstrap.sh
. lab/bootstrap.sh
# shellcheck source=bench/machine.sh
. bench/machine.sh

version=${1:-newest}
# A flow needs 60 ms until its phase stays, and the last of four begins after 49 ms.
rate_bits_ps=100000000 starts=48 warmup_ms=120 span_ms=40

# point NAME FLOWS SEGS QDISC...: SEGS 0 leaves the device's own limit.
point()
{
	name=$1 flows=$2 segs=$3
	shift 3
	echo "point $name ${launch:-none} $flows $segs $rate_bits_ps $starts $warmup_ms $span_ms $*"
}

plan()
{
	point none 0 0 pfifo_fast
	for flows in 1 4; do
		point fq "$flows" 0 fq
		point fq+slack0 "$flows" 0 fq timer_slack 0ns
		point fq+segs1 "$flows" 1 fq
		point fq+segs1+slack0 "$flows" 1 fq timer_slack 0ns
		point sluice "$flows" 0 sluice
		point sluice+train8 "$flows" 0 sluice train 8
		launch=line
		for drift in "" -slow -fast; do point "sluice+gaps$drift" "$flows" 0 sluice gap_frames 200us; done
		launch=none
		# Devices take departure times ahead since 6.13.
		[ "$version" = newest ] || continue
		launch=stamp
		point fq+segs1+horizon "$flows" 1 fq
		point sluice+horizon "$flows" 0 sluice offload_horizon 200us
		launch=none
	done
}

# noted_build: sch_sluice that writes each frame's departure into the frame.
noted_build()
{
	for f in "$out"/kernel/*.[ch] "$out"/kernel/Kbuild "$out"/kernel/*/*; do
		case $f in *.mod.c | *.o | *.ko) continue ;; esac
		copy_changed "$f" "$out/noted/${f#"$out"/kernel/}"
	done
	sed -i 's/sch_sluice_main\.o/sch_sluice_noted.o/' "$out/noted/Kbuild"
	copy_changed bench/departure/sch_sluice_noted.c "$out/noted/sch_sluice_noted.c"
	module_make noted
	strip -g -o "$out/root/sch_sluice.ko" "$out/noted/sch_sluice.ko" || exit 1
}

# results JSON: the points as a table for people and for docs/, and as JSON; with what was to be reached.
results()
{
	awk -v release="$(cat "$stock/release")" -v package_version="$(cat "$stock/package_version")" -v json="$1" \
		-v want="$(grep -c '^point' "$out/root/plan")" '
	{
		split("", v)
		for (i = 1; i <= NF; i++) { split($i, p, "="); v[p[1]] = p[2] }
		key = v["flows"] " " v["name"]
		order[++points] = key
		for (field in v) value[key, field] = v[field]
		whole += v["floor_n"] > 0 && (v["packet_n"] > 0 || v["flows"] == 0)
	}
	function us(key, what) { return sprintf("%.1f", value[key, what] / 1000) }
	function quantiles(what) {
		return sprintf("\"n\": %d, \"early\": %d, \"min_ns\": %d, \"p50_ns\": %d, \"p99_ns\": %d, \"p999_ns\": %d, \"max_ns\": %d", value[key, what "_n"], value[key, what "_early"], value[key, what "_min"], value[key, what "_p50"], value[key, what "_p99"], value[key, what "_p999"], value[key, what "_max"])
	}
	function goal(text, a, b) { printf "%s: %s (%.1f us, %.1f us allowed)\n", text, (a <= b ? "yes" : "no"), a / 1000, b / 1000 }
	END {
		printf "{\n  \"schema_version\": 1,\n  \"kernel\": {\"release\": \"%s\", \"package_version\": \"%s\"},\n  \"points\": [\n", release, package_version > json
		printf "Linux %s (%s), microseconds\n\n", release, package_version
		print "| policy | flows | packets | early | p50 | p99 | p99.9 | max | floor beside it: p50 | p99 | p99.9 | max |"
		print "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
		for (i = 1; i <= points; i++) {
			key = order[i]
			split(key, k, " ")
			printf "    {\"policy\": \"%s\", \"flows\": %d, \"packet\": {%s}, \"floor\": {%s}}%s\n", k[2], k[1], quantiles("packet"), quantiles("floor"), (i == points ? "" : ",") > json
			if (k[1] + 0)
				printf "| %s | %d | %d | %d | %s | %s | %s | %s |", k[2], k[1], value[key, "packet_n"], value[key, "packet_early"], us(key, "packet_p50"), us(key, "packet_p99"), us(key, "packet_p999"), us(key, "packet_max")
			else
				printf "| no traffic | 0 | | | | | | |"
			printf " %s | %s | %s | %s |\n", us(key, "floor_p50"), us(key, "floor_p99"), us(key, "floor_p999"), us(key, "floor_max")
		}
		printf "  ]\n}\n" > json
		print ""
		for (n = 1; n <= 4; n += 3) {
			s = value[n " sluice", "packet_p99"]
			flows = n == 1 ? "1 flow" : n " flows"
			goal("- " flows ": p99 at most half of fq as shipped", s, value[n " fq", "packet_p99"] / 2)
			goal("- " flows ": p99 at most that of fq with timer_slack 0", s, value[n " fq+slack0", "packet_p99"])
			goal("- " flows ": p99 within 1.2 times the floor beside it", s, 1.2 * value[n " sluice", "floor_p99"])
			goal("- " flows ": p99 within 1.2 times the floor without traffic", s, 1.2 * value["0 none", "floor_p99"])
			split("gaps horizon", way)
			for (w = 1; w <= 2; w++) {
				if (!((n " sluice+" way[w], "packet_p99") in value)) continue
				h = value[n " sluice+" way[w], "packet_p99"]
				how = flows (w == 1 ? ", gap frames" : ", a NIC that keeps departures")
				goal("- " how ": p99 at most half of fq as shipped", h, value[n " fq", "packet_p99"] / 2)
				goal("- " how ": p99 at most that of fq with timer_slack 0", h, value[n " fq+slack0", "packet_p99"])
				goal("- " how ": p99 within 1.2 times the floor without traffic", h, 1.2 * value["0 none", "floor_p99"])
			}
		}
		if (whole != want) { print "bench: " whole + 0 " of " want " points were measured" > "/dev/stderr"; exit 1 }
	}' "$out/points"
}

bench_begin "departure/$version" busybox iproute2
for f in cost_wire.c cost_wire.h cost_far.h; do copy_changed "bench/cost/$f" "$out/bench/$f"; done
root_make departure
noted_build
module_copy sch_fq
plan >"$out/root/plan"
machine 3600 1024 | points departure 1-2 >"$out/points"
results "build/bench/departure-$version.json" >"$out/table"
code=$?
cat "$out/table"
# The machine's time is counted, so the same kernel gives the same page.
if [ "$code" = 0 ] && [ "$version" = newest ]; then cat bench/departure/page.md "$out/table" >docs/departure.md; fi
exit $code
