# host.sh: what the tests of emulated machines share on the host: the machine's first files, and its results as TAP. Sourced in the
# repository's top folder, after bench/machine.sh.
# shellcheck shell=sh disable=SC2154,SC2034 # variables that the caller sets: label, out, stock; and that it uses: bad, base

# boot_modules NAME...: with all that they need, for the machine's first files; writes the order in which to load them. What a
# kernel has built in is no module.
boot_modules()
{
	mkdir -p "$out/root/modules"
	for m; do
		modprobe -d "$base" -S "$(cat "$stock/release")" --show-depends "$m" 2>/dev/null || say "$m: built in"
	done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++' | while read -r ko; do
		name=$(basename "$ko" | sed 's/\.xz$//')
		case $ko in
		*.xz) xz -dc "$ko" >"$out/root/modules/$name" ;;
		*) cp "$ko" "$out/root/modules/$name" ;;
		esac
		echo "$name"
	done >"$out/root/modules/order"
}

# modules_strip PATH...: modules that were built in $out, as $out/NAME.ko.
modules_strip()
{
	for path; do
		strip -g -o "$out/${path##*/}.ko" "$out/$path.ko" || exit 1
	done
}

# boot_root_make MODULE...: the machine's first files, $out/initrd, with which it reaches the host's (init.sh). $base is where the
# kernel's modules are.
boot_root_make()
{
	base=$stock/root
	[ -d "$base/lib/modules" ] || base=$stock/root/usr
	[ -s "$base/lib/modules/$(cat "$stock/release")/modules.dep" ] || depmod -b "$base" "$(cat "$stock/release")" 2>/dev/null || exit 1
	rm -rf "$out/root"
	mkdir -p "$out/root/bin"
	boot_modules "$@"
	program_copy busybox
	cp -L "$(command -v busybox)" "$out/root/bin/busybox"
	ln -sf busybox "$out/root/bin/sh"
	cp build/tests/qemu/pause "$out/root/bin/pause"
	cp tests/qemu/init.sh "$out/root/init"
	chmod +x "$out/root/init"
	(cd "$out/root" && find . | LC_ALL=C sort | cpio -o -H newc --quiet) | gzip -1 >"$out/initrd"
}

tests=0 bad=0
tap()
{
	tests=$((tests + 1))
	[ "$1" = ok ] || bad=1
	echo "$1 $tests - $label: $2"
}

# machine_results LINES: what a machine said in that file.
machine_results()
{
	while read -r line; do
		case $line in
		"tap: ok - "*) tap ok "${line#tap: ok - }" ;;
		"tap: not ok - "*) tap 'not ok' "${line#tap: not ok - }" ;;
		"# "*) echo "$line" ;;
		esac
	done <"$1"
	if grep -q '^tap: done' "$1"; then tap ok "the machine lives to the end"
	else tap 'not ok' "the machine lives to the end, see $out/console.log"; fi
}
