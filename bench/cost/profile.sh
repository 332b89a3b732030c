#!/bin/sh
# profile.sh [QDISC OPTIONS...]: where the instructions of bench/cost/run.sh go, by part and by function, for one flow of 400 Mb/s
# through QDISC (sluice) under Debian's newest kernel; SEGS=N for ip link set gso_max_segs N, TSO=0 for a device that cannot cut,
# LAUNCH=stamp for one that keeps departures. QEMU writes down each block of instructions that it runs, until it has some 1,100
# frames. Exit codes: 0 done, 1 failed, 3 something is missing.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
# shellcheck source=lab/bootstrap.sh
. lab/bootstrap.sh
# shellcheck source=bench/machine.sh
. bench/machine.sh

[ $# -gt 0 ] || set -- sluice limit 100000
# So many frames that 35 super-packets are cut among them.
trace_bytes=700000000
limit_s=900
# The pipes, and those who hold them.
machine='' reader=''

stop()
{
	[ -z "$machine" ] || kill "$machine" 2>/dev/null
	[ -z "$reader" ] || kill "$reader" 2>/dev/null
	rm -f "$out/trace" "$out/monitor.in" "$out/monitor.out"
}

# until_true COMMAND...: false when it takes longer than anything here should.
until_true()
{
	waited=0
	until "$@"; do
		[ "$waited" -lt "$limit_s" ] && kill -0 "$machine" 2>/dev/null || return 1
		sleep 1
		waited=$((waited + 1))
	done
}

is_sending() { grep -q '^profile: sending' "$out/console.log" 2>/dev/null; }
is_long_enough() { [ "$(stat -c %s "$out/trace" 2>/dev/null || echo 0)" -ge "$trace_bytes" ]; }
give_up() { say "$*; see $out/console.log"; exit 1; }

version=newest
bench_begin cost/profile busybox iproute2
root_make cost
module_copy sch_fq sch_cake sch_tbf
gcc -std=gnu11 -O2 -Wall -Wextra -Werror -o "$out/cost_profile" bench/cost/cost_profile.c || exit 1
echo "profile $1 ${TSO:-1} ${LAUNCH:-none} ${SEGS:-0} 2 1 400000000 1000 600000 $*" >"$out/root/plan"
initrd_make

trap stop EXIT
rm -f "$out/trace" "$out/symbols" "$out/console.log" "$out/monitor.in" "$out/monitor.out"
mkfifo "$out/monitor.in" "$out/monitor.out" || exit 1
cat "$out/monitor.out" >/dev/null &
reader=$!
exec 7<>"$out/monitor.in"
qemu-system-x86_64 -accel tcg,thread=single -cpu max,-erms,-fsrm -smp 1 -m 2048 -icount shift=0,sleep=off -nodefaults \
	-no-reboot -display none -serial "file:$out/console.log" -serial "file:$out/symbols" -D "$out/trace" \
	-chardev "pipe,id=monitor,path=$out/monitor" -mon chardev=monitor,mode=readline -kernel "$stock/vmlinuz" \
	-initrd "$out/initrd" -append 'console=ttyS0 mitigations=off nokaslr tsc=reliable panic=-1' </dev/null 2>"$out/machine.log" &
machine=$!
until_true is_sending || give_up "the machine did not begin to send"
say "writing down what the machine does"
echo 'log exec,nochain,in_asm' >&7
until_true is_long_enough || give_up "the machine stopped"
echo 'log none' >&7
echo quit >&7
wait "$machine"
machine=''
tr -d '\r' <"$out/symbols" >"$out/symbols.txt"
"$out/cost_profile" "$out/symbols.txt" <"$out/trace"
