#!/bin/sh
# run.sh [quick|full] [VERSION]: instructions per packet of sluice and fq with 1 to 1,000,000 flows waiting, counted in an
# emulated machine with Debian's own kernel (newest or 6.1). quick stops at 100,000 flows. Prints a table, writes
# build/bench/flows-VERSION.json; with TAP=1 the claims as tests instead of the table. Exit codes: 0 done, 1 failed or a claim
# of TAP does not hold, 2 wrong usage, 3 something is missing.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
# shellcheck source=lab/bootstrap.sh
. lab/bootstrap.sh
# shellcheck source=bench/machine.sh
. bench/machine.sh

extent=${1:-full} version=${2:-newest}
case $extent in
quick) points='1 10 100 1000 10000 100000' limit_s=900 memory_mib=768 ;;
full) points='1 10 100 1000 10000 100000 1000000' limit_s=3600 memory_mib=5120 ;;
*) sed -n '2,5s/^# *//p' "$0" >&2; exit 2 ;;
esac
# So many flows without a socket, each packet with a rate by the option forward.
forwarded=1000
# One departure each so many ns of all flows together: more than any packet costs, or the queue would never be empty.
gap_ns=3000
# No call may hold up the others: so many instructions are some microseconds. A call opens at most the 87 departures of one slot of
# the wheel.
longest_allowed=10000

# From 100,000 flows on a whole round is counted, after a whole round: the wheel works in large steps there.
plan()
{
	echo "load /sch_fq.ko"
	echo "load /sch_sluice.ko"
	echo "sleep 2"
	for n in $points; do
		packets=20000
		[ "$n" -lt 100000 ] || packets=$n
		for kind in fq sluice; do
			echo "kind $kind"
			echo "load /qdisc_bench.ko flows=$n packets=$packets warmup=$packets gap_ns=$gap_ns"
			echo "unload qdisc_bench"
		done
	done
	echo "load /qdisc_bench.ko workload=forward flows=$forwarded packets=20000 warmup=20000 gap_ns=$gap_ns"
	echo "unload qdisc_bench"
}

# results: the points as JSON, as a table and as TAP; the claims are the same everywhere.
results()
{
	awk -v release="$(cat "$stock/release")" -v package_version="$(cat "$stock/package_version")" -v gap_ns="$gap_ns" \
		-v want="$(echo "$points" | wc -w)" -v json="$1" -v tap="${TAP:-0}" -v longest_allowed="$longest_allowed" '
	{
		split("", v)
		for (i = 1; i <= NF; i++) { split($i, p, "="); v[p[1]] = p[2] }
		n = v["flows"]; k = v["kind"]
		if (v["workload"] == "forward") {
			forward = sprintf("%d forwarded flows: enqueue %.0f, dequeue %.0f, timer %.0f, all %.0f", n, v["enqueue_x100"] / 100, v["dequeue_x100"] / 100, v["empty_x100"] / 100, (v["enqueue_x100"] + v["dequeue_x100"] + v["empty_x100"]) / 100)
			refused += v["refused"]
			next
		}
		if (!(n in seen)) { seen[n] = 1; order[++points] = n }
		enqueue[k, n] = v["enqueue_x100"] / 100; dequeue[k, n] = v["dequeue_x100"] / 100; timer[k, n] = v["empty_x100"] / 100
		total[k, n] = enqueue[k, n] + dequeue[k, n] + timer[k, n]
		longest[k, n] = v["dequeue_max"] > v["empty_max"] ? v["dequeue_max"] : v["empty_max"]
		refused += v["refused"]; frames[n] = v["frames"]; lines++
	}
	function ok(is_met, text) { number++; printf "%sok %d - %s\n", is_met ? "" : "not ", number, text; if (!is_met) bad = 1 }
	END {
		least = most = total["sluice", order[1]]
		for (i = 1; i <= points; i++) {
			t = total["sluice", order[i]]
			if (t < least) least = t
			if (t > most) most = t
			above += t > total["fq", order[i]]
			for (j = 1; j <= 2; j++) {
				k = j == 1 ? "fq" : "sluice"
				if (longest[k, order[i]] > longest_of[k]) longest_of[k] = longest[k, order[i]]
			}
		}
		printf "{\n  \"schema_version\": 1,\n  \"unit\": \"instructions per packet\",\n  \"kernel\": {\"release\": \"%s\", \"package_version\": \"%s\"},\n", release, package_version > json
		printf "  \"gap_ns\": %d,\n  \"sluice_most_over_least\": %.4f,\n  \"points_above_fq\": %d,\n  \"points\": [\n", gap_ns, least ? most / least : 0, above > json
		for (i = 1; i <= points; i++) for (j = 1; j <= 2; j++) {
			n = order[i]; k = j == 1 ? "fq" : "sluice"
			printf "    {\"qdisc\": \"%s\", \"flows\": %d, \"packets\": %d, \"enqueue\": %.2f, \"dequeue\": %.2f, \"timer\": %.2f, \"total\": %.2f, \"longest_call\": %d}%s\n", k, n, frames[n], enqueue[k, n], dequeue[k, n], timer[k, n], total[k, n], longest[k, n], i == points && j == 2 ? "" : "," > json
		}
		printf "  ]\n}\n" > json
		if (!forward) { print "bench: forwarded flows were not measured" > "/dev/stderr"; bad = 1 }
		if (lines != 2 * want) { print "bench: " lines + 0 " of " 2 * want " points were measured" > "/dev/stderr"; bad = 1 }
		if (tap + 0) {
			ok(lines == 2 * want && forward && !refused, "P10 all points were measured and no packet was refused")
			ok(points && most <= 1.2 * least, sprintf("P10 cost per packet is flat within 20 %% (%.0f to %.0f instructions)", least, most))
			for (i = 1; i <= points; i++)
				ok(total["sluice", order[i]] <= total["fq", order[i]], sprintf("P10 %d flows: sluice %.0f instructions per packet, at most fq'"'"'s %.0f", order[i], total["sluice", order[i]], total["fq", order[i]]))
			for (i = 1; i <= points; i++)
				ok(longest["sluice", order[i]] <= longest_allowed, sprintf("P10 %d flows: the longest single call takes %d instructions, at most %d (fq: %d)", order[i], longest["sluice", order[i]], longest_allowed, longest["fq", order[i]]))
			printf "1..%d\n", number
			exit bad
		}
		printf "instructions per packet, Linux %s (%s)\n", release, package_version
		printf "%9s | %8s %8s %6s %6s | %8s %8s %6s %6s | %9s\n", "flows", "fq: enq.", "dequeue", "timer", "all", "sl: enq.", "dequeue", "timer", "all", "sluice/fq"
		for (i = 1; i <= points; i++) {
			n = order[i]
			printf "%9d | %8.0f %8.0f %6.0f %6.0f | %8.0f %8.0f %6.0f %6.0f | %8.2f\n", n, enqueue["fq", n], dequeue["fq", n], timer["fq", n], total["fq", n], enqueue["sluice", n], dequeue["sluice", n], timer["sluice", n], total["sluice", n], total["sluice", n] / total["fq", n]
		}
		print forward
		printf "sluice: most / least = %.2f; points above fq: %d; longest single call %d instructions (fq %d)\n", least ? most / least : 0, above, longest_of["sluice"], longest_of["fq"]
		exit bad
	}' "$out/points"
}

bench_begin "flows/$version"
modules_build flows
module_copy sch_fq
gcc -std=c11 -O2 -Wall -Wextra -Werror -static -o "$out/root/init" bench/flows/init.c || exit 1
plan >"$out/root/plan"
machine "$limit_s" "$memory_mib" |
	awk '/qdisc_bench: kind=/ { sub(/.*qdisc_bench: /, ""); print; fflush() }' |
	while read -r line; do
		say "$(echo "$line" | awk '{ for (i = 1; i <= NF; i++) { split($i, p, "="); v[p[1]] = p[2] } print v["flows"] " flows in " v["kind"] ": done" }')"
		echo "$line"
	done >"$out/points"
results "build/bench/flows-$version.json"
