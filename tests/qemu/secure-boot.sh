#!/bin/sh
# secure-boot.sh [VERSION]: Debian's own kernel (6.1, 6.12 or newest, as shipped and signed) on a firmware that enforces Secure Boot: shim
# with Microsoft's signature starts Debian's GRUB, which starts the kernel. A module without a signature, or with one by a key
# that nobody enrolled, is refused, and what is said of it is true; the key is enrolled as its owner does it, with mokutil and by
# hand in MokManager, and the module loads and paces. TAP on stdout. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 something
# is missing.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
# shellcheck source=lab/bootstrap.sh
. lab/bootstrap.sh
# shellcheck source=bench/machine.sh
. bench/machine.sh
# shellcheck source=tests/qemu/host.sh
. tests/qemu/host.sh

[ $# -le 1 ] || { sed -n '2,6s/^# *//p' "$0" >&2; exit 2; }
version=${1:-newest}
# Three starts take 20 s each on a quiet machine, and what is tried half a minute.
limit_s=600
password=sluice
machine=
trap '[ -z "$machine" ] || kill "$machine" 2>/dev/null' EXIT
trap 'exit 1' HUP INT TERM PIPE

# key_make NAME COMMON_NAME: as DKMS makes its own.
key_make()
{
	openssl req -new -x509 -nodes -days 36500 -subj "/CN=$2" -newkey rsa:2048 -keyout "$out/$1.key" -outform DER -out "$out/$1.pub" \
		>"$out/openssl.log" 2>&1 || { cat "$out/openssl.log" >&2; exit 1; }
}

# module_sign NAME KEY: the module signed as DKMS does it, and compressed as that kernel's own are.
module_sign()
{
	rm -rf "${out:?}/$1"
	mkdir "$out/$1" || exit 1
	cp "$out/sch_sluice.ko" "$out/$1/sch_sluice.ko"
	if [ -n "$2" ]; then
		"$stock/headers/scripts/sign-file" "$(sed -n 's/^CONFIG_MODULE_SIG_HASH="\(.*\)"$/\1/p' "$stock/headers/.config")" \
			"$out/$2.key" "$out/$2.pub" "$out/$1/sch_sluice.ko" || exit 1
	fi
	! grep -qx CONFIG_MODULE_COMPRESS_XZ=y "$stock/headers/.config" || xz -f --check=crc32 "$out/$1/sch_sluice.ko" || exit 1
}

# disk_make STAGE: what the firmware starts from.
disk_make()
{
	rm -rf "$out/disk"
	mkdir -p "$out/disk/EFI/BOOT" "$out/disk/EFI/debian"
	cp "$firmware/usr/lib/shim/shimx64.efi.signed" "$out/disk/EFI/BOOT/BOOTX64.EFI" &&
		cp "$firmware/usr/lib/shim/mmx64.efi.signed" "$out/disk/EFI/BOOT/mmx64.efi" &&
		cp "$firmware/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed" "$out/disk/EFI/BOOT/grubx64.efi" &&
		cp "$stock/vmlinuz" "$out/initrd" "$out/disk/" || exit 1
	cat >"$out/disk/EFI/debian/grub.cfg" <<-END
		serial --unit=0
		terminal_output serial
		linux /vmlinuz console=ttyS0 quiet panic=-1 net.ifnames=0 writable folder=$(pwd) out=$(pwd)/$out stock=$base firmware=$firmware guest=secure-boot-guest.sh stage=$1 password=$password end=1
		initrd /initrd
		boot
	END
}

# machine_run: the machine, until it is off or starts again; its keyboard is stdin, its console stdout. In a shell of its own, in
# whose place it is.
machine_run()
{
	exec timeout -k 10 "$limit_s" qemu-system-x86_64 -machine q35,smm=on -accel tcg -cpu max -m 1024 -nodefaults -no-reboot -display none \
		-serial stdio -global driver=cfi.pflash01,property=secure,value=on \
		-drive "if=pflash,format=raw,unit=0,file=$firmware/usr/share/OVMF/OVMF_CODE_4M.secboot.fd,readonly=on" \
		-drive "if=pflash,format=raw,unit=1,file=$out/variables.fd" \
		-drive "if=none,id=disk,format=raw,file=fat:$out/disk,readonly=on" -device virtio-blk-pci,drive=disk \
		-fsdev local,id=root,path=/,security_model=none,readonly=on,multidevs=remap \
		-device virtio-9p-pci,fsdev=root,mount_tag=root 2>"$out/machine.log"
}

# stage NAME: boots it and counts what it says.
stage()
{
	disk_make "$1"
	say "booting it: $1"
	machine_run </dev/null | sed 's/\r//g' >"$out/$1.log"
	machine_results "$out/$1.log"
}

# expect TEXT KEYS: waits until MokManager shows the text, then presses the keys.
expect()
{
	waited=0
	until tail -c +"$seen" "$out/enrol.log" | grep -aqF "$1"; do
		waited=$((waited + 1))
		if [ $waited -gt $((limit_s * 5)) ] || ! kill -0 "$machine" 2>/dev/null; then
			tap 'not ok' "MokManager shows '$1', see $out/enrol.log"
			return 1
		fi
		sleep 0.2
	done
	seen=$(($(wc -c <"$out/enrol.log") + 1))
	# shellcheck disable=SC2059 # keys are escapes
	printf "$2" >&3
}

# enrol: what the owner does after mokutil has asked for it and the machine has started again.
enrol()
{
	down='\033[B'
	say "enrolling the key"
	rm -f "$out/keyboard"
	mkfifo "$out/keyboard" || exit 1
	machine_run <"$out/keyboard" >"$out/enrol.log" &
	machine=$!
	exec 3>"$out/keyboard"
	seen=1
	expect 'Press any key to perform MOK management' ' ' &&
		expect 'Enroll MOK' "$down\\r" &&
		expect 'View key 0' "$down\\r" &&
		expect 'Enroll the key(s)?' "$down\\r" &&
		expect 'Password:' "$password\\r" &&
		expect 'Reboot' '\r' &&
		tap ok "MokManager enrols the key"
	exec 3>&-
	wait $machine
	machine=
}

# shellcheck disable=SC2086 # words on purpose
packages_install $packages_build $packages_guest qemu-system-x86 cpio busybox util-linux openssl perl >&2
stock=$(bench/flows/stock.sh "$version" generic) || exit $?
firmware=$(tests/qemu/firmware.sh) || exit $?
out=build/tests/qemu/secure-boot-$version label="Secure Boot, $version"
mkdir -p "$out"
say "building for $(cat "$stock/release")"
module_build
modules_strip kernel/sch_sluice
boot_root_make virtio_pci 9pnet_virtio 9p overlay
rm -rf "$out/dkms"
packaging/dkms.sh "$out/dkms" >/dev/null || exit 1
key_make mok 'DKMS module signing key'
key_make other 'Somebody else'
module_sign unsigned ''
module_sign signed mok
module_sign foreign other
cp "$firmware/usr/share/OVMF/OVMF_VARS_4M.ms.fd" "$out/variables.fd" || exit 1
stage new
enrol
stage enrolled
echo "1..$tests"
exit $bad
