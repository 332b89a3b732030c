# machine.sh: for the benchmarks that count instructions. Sourced in the repository's top folder, after lab/bootstrap.sh.
# shellcheck shell=sh disable=SC2154 # variables that the caller sets: out, stock, version

# Everything that says how far it is goes to stderr.
say() { echo "bench: $*" >&2; }

# bench_begin FOLDER PACKAGE...: $stock, Debian's kernel of $version, and $out, the folder below build/bench for what is built for it.
bench_begin()
{
	out=build/bench/$1
	shift
	# shellcheck disable=SC2086 # words on purpose
	packages_install $packages_build qemu-system-x86 cpio "$@" >&2
	stock=$(bench/flows/stock.sh "$version") || exit $?
	mkdir -p "$out"
	say "building the modules for $(cat "$stock/release")"
}

# module_make FOLDER...: in copies below $out, for Debian's kernel in $stock.
module_make()
{
	# An older compiler lacks the one, no machine of ours has pahole for the other; neither changes what runs.
	for d; do
		make -C "$stock/headers" M="$(pwd)/$out/$d" CC=gcc CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT= \
			CONFIG_DEBUG_INFO_BTF_MODULES= modules >"$out/$d.log" 2>&1 || {
			grep -E 'error' -A3 "$out/$d.log" | head -n 20 >&2
			say "building the modules for $(cat "$stock/release") failed; the log is $out/$d.log"
			exit 1
		}
	done
}

# copy_changed FROM TO: a file, unless it is the same.
copy_changed() { cmp -s "$1" "$2" || { mkdir -p "$(dirname "$2")" && cp "$1" "$2"; }; }

# module_build: sch_sluice.
module_build()
{
	kernel/sources.sh "$out" || exit 1
	module_make kernel
}

# modules_build FOLDER: sch_sluice and the modules of bench/FOLDER, into $out/root.
modules_build()
{
	mkdir -p "$out/root/proc"
	module_build
	for f in bench/"$1"/*; do copy_changed "$f" "$out/bench/${f##*/}"; done
	module_make bench
	for d in "$out"/kernel/sch_sluice.ko "$out"/bench/*.ko; do
		strip -g -o "$out/root/${d##*/}" "$d" || exit 1
	done
}

# program_copy PROGRAM...: into $out/root, with the libraries that they need.
program_copy()
{
	for p; do
		program=$(command -v "$p") || { say "there is no $p"; exit 3; }
		for f in "$program" $(ldd "$program" | grep -o '/[^ ]*'); do
			mkdir -p "$out/root/$(dirname "$f")"
			cp -L "$f" "$out/root/$f"
		done
	done
}

# root_make FOLDER: the root file system of a machine that runs bench/FOLDER/guest.sh, with its program FOLDER_load, and tc.
root_make()
{
	rm -rf "$out/root"
	mkdir -p "$out/root/proc" "$out/root/sys" "$out/root/dev" "$out/root/bin"
	modules_build "$1"
	program_copy busybox ip tc
	make -s build/tc/q_sluice.so && cp build/tc/q_sluice.so "$out/root/" || exit 1
	for f in "$1/$1_load" cost/cost_horizon; do
		gcc -std=gnu11 -O2 -Wall -Wextra -Werror -static -o "$out/root/${f##*/}" "bench/$f.c" || exit 1
	done
	cp "bench/$1/guest.sh" "$out/root/init"
	chmod +x "$out/root/init"
	cp -L "$(command -v busybox)" "$out/root/bin/busybox"
	ln -s busybox "$out/root/bin/sh"
}

# module_copy NAME...: the kernel's own modules.
module_copy()
{
	for m; do
		ko=$(find "$stock/root" -name "$m.ko*" | head -n 1)
		case $ko in
		*.xz) xz -dc "$ko" >"$out/root/$m.ko" ;;
		?*) cp "$ko" "$out/root/$m.ko" ;;
		*) say "there is no module $m in the packages of $(cat "$stock/release")"; exit 1 ;;
		esac
	done
}

# initrd_make: $out/initrd, of $out/root.
initrd_make() { (cd "$out/root" && find . | LC_ALL=C sort | cpio -o -H newc --quiet) >"$out/initrd" || exit 1; }

# machine LIMIT_S MEMORY_MIB: runs /init of $out/root; what its console says comes on stdout. The TSC of this machine counts
# instructions: 1 ns each, and idle time passes at once.
machine()
{
	initrd_make
	timeout -s KILL "$1" qemu-system-x86_64 -accel tcg,thread=single -cpu max,-erms,-fsrm -smp 1 -m "$2" \
		-icount shift=0,sleep=off -nodefaults -no-reboot -display none -serial stdio \
		-kernel "$stock/vmlinuz" -initrd "$out/initrd" \
		-append 'console=ttyS0 mitigations=off nokaslr tsc=reliable panic=-1' </dev/null 2>"$out/machine.log" |
		sed -u 's/\r//g' | tee "$out/console.log"
}

# points PREFIX FIELDS: of what a console says, the lines of that prefix, without it. These fields of each say how far it is.
points()
{
	awk -v prefix="$1: " 'index($0, prefix) == 1 { print substr($0, length(prefix) + 1); fflush() }' |
		while read -r line; do
			say "$(echo "$line" | cut -d ' ' -f "$2"): done"
			echo "$line"
		done
}
