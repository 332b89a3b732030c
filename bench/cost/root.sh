# root.sh: the root file system of the machines that bench/cost starts. Sourced after bench/machine.sh.
# shellcheck shell=sh disable=SC2154 # variables that the caller sets: out, stock

root_make()
{
	rm -rf "$out/root"
	mkdir -p "$out/root/proc" "$out/root/sys" "$out/root/dev" "$out/root/bin"
	modules_build cost
	module_copy sch_fq sch_cake sch_tbf
	program_copy busybox ip tc
	make -s build/tc/q_sluice.so && cp build/tc/q_sluice.so "$out/root/" || exit 1
	gcc -std=gnu11 -O2 -Wall -Wextra -Werror -static -o "$out/root/cost_load" bench/cost/cost_load.c || exit 1
	cp bench/cost/guest.sh "$out/root/init"
	chmod +x "$out/root/init"
	cp -L "$(command -v busybox)" "$out/root/bin/busybox"
	ln -s busybox "$out/root/bin/sh"
}
