#!/bin/sh
# What module-check.sh says about a module that does not load, on machines made of files: with Secure Boot, without a key, locked down,
# in a container. Programs that would touch this machine are replaced.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh

running=$(uname -r)
top=$out/top
folder=$(packaging/dkms.sh "$out/dkms") || exit 1
check=$out/dkms$folder/module-check.sh
variable=sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c

# program NAME LINE...: one that does what the lines say.
program()
{
	name=$1
	shift
	{ echo '#!/bin/sh'; printf '%s\n' "$@"; } >"$out/bin/$name" && chmod +x "$out/bin/$name"
}

# machine: one that has the module for the running kernel, signed, a key of DKMS, and no Secure Boot.
machine()
{
	rm -rf "$top" "${out:?}/bin"
	mkdir -p "$out/bin" "$top/lib/modules/$running/updates/dkms" "$top/var/lib/dkms" "$top/sys/firmware/efi/efivars" \
		"$top/sys/kernel/security" "$top/sys/module"
	# Only what is linked here is there: a mokutil of this machine must not be found.
	for p in sh uname dirname sed grep tail od tr cat; do
		ln -s "$(command -v "$p")" "$out/bin/$p"
	done
	: >"$top/lib/modules/$running/updates/dkms/sch_sluice.ko.xz"
	printf '0\202\177\240B0' >"$top/var/lib/dkms/mok.pub"
	program id 'echo 0'
	program rmmod "echo rmmod \$1 >>$out/done"
	modinfo_says 'DKMS module signing key' 7F:A0:42
	insmod_says ''
	rm -f "$out/done"
}

secure_boot() { printf "\\006\\000\\000\\000\\00$1" >"$top/$variable"; }
insmod_says() { program insmod "echo insmod \$1 >>$out/done" "[ -z '$1' ] || { echo \"insmod: ERROR: could not insert module \$1: $1\" >&2; exit 1; }"; }
# modinfo_says SIGNER SERIAL: that of mok.pub is 7F:A0:42.
modinfo_says() { program modinfo "case \$2 in signer) echo '$1' ;; sig_key) echo '$2' ;; srcversion) echo A1 ;; esac"; }
mokutil_says() { program mokutil "case \$1 in --sb-state) echo 'SecureBoot enabled'; echo '${2:-}' ;; --test-key) echo \"\$2 $1\" ;; esac"; }

# says CODE TEXT CLAIM [KERNEL]: one sentence with TEXT, and that exit code.
says()
{
	wanted=$1 text=$2 claim=$3
	shift 3
	env PATH="$out/bin" SLUICE_CHECK_ROOT="$top" "$check" "$@" >"$out/stdout" 2>"$out/stderr"
	code=$?
	cat "$out/stdout" "$out/stderr" >"$out/said"
	[ "$code" = "$wanted" ] && [ "$(wc -l <"$out/said")" = 1 ] && grep -qF -- "$text" "$out/said"
	status=$?
	tap "$status" "$claim"
	[ "$status" = 0 ] || sed "s/^/# exit code $code: /" "$out/said"
}

machine
says 0 "loads into Linux $running" "a module that loads"
[ "$(cut -d' ' -f1 "$out/done" | tr '\n' ' ')" = 'insmod rmmod ' ]
tap $? "it is tried, and gone again afterwards"
program rmmod 'echo "rmmod: ERROR: Module sch_sluice is in use" >&2' 'exit 1'
says 0 "loads into Linux $running, and stays loaded: Module sch_sluice is in use" "a module that is in use at once: it stays, and that is said"

machine
rm -r "${top:?}/lib"
says 1 "install its headers (linux-headers-$running)" "no module: the headers that are missing"

machine
says 1 "there is no module for Linux 6.1.0-99-amd64" "no module for another kernel" 6.1.0-99-amd64
mkdir -p "$top/lib/modules/6.1.0-99-amd64/updates/dkms"
: >"$top/lib/modules/6.1.0-99-amd64/updates/dkms/sch_sluice.ko"
says 0 "can be tried when that kernel runs" "another kernel's module is not tried" 6.1.0-99-amd64
[ ! -e "$out/done" ]
tap $? "nothing is loaded for another kernel"
secure_boot 1
mokutil_says 'is not enrolled'
says 1 "mokutil --import /var/lib/dkms/mok.pub" "another kernel, Secure Boot, a key that is not enrolled" 6.1.0-99-amd64
mokutil_says 'is already enrolled'
says 0 "can be tried when that kernel runs" "another kernel, Secure Boot, an enrolled key" 6.1.0-99-amd64

modinfo_says '' ''
says 1 "it is not signed" "another kernel, Secure Boot, an enrolled key and a module without a signature" 6.1.0-99-amd64
modinfo_says Somebody 0A:1B
says 1 "it is signed by 'Somebody' with another key than /var/lib/dkms/mok.pub" "another kernel, Secure Boot, an enrolled key and a module signed with another" 6.1.0-99-amd64

modinfo_says 'DKMS module signing key' 7F:A0:42
rm "$out/bin/mokutil"
mkdir "$top/sys/module/sch_sluice"
says 0 "can be tried when that kernel runs" "another kernel, Secure Boot, and the running one has taken the module" 6.1.0-99-amd64

machine
secure_boot 1
insmod_says 'Key was rejected by service'
says 1 "install mokutil and run 'mokutil --import /var/lib/dkms/mok.pub', then reboot and choose 'Enroll MOK'" "Secure Boot without mokutil"
mokutil_says 'is not enrolled'
says 1 "run 'mokutil --import /var/lib/dkms/mok.pub', then reboot" "Secure Boot, a key that is not enrolled"
mokutil_says 'is already in the enrollment request'
says 1 "waits to be enrolled: reboot and choose 'Enroll MOK'" "Secure Boot, a key that waits"
mokutil_says 'is already enrolled'
says 1 "is enrolled, so reboot once" "Secure Boot, a key that was enrolled in this boot"
modinfo_says Somebody 0A:1B
says 1 "it is signed by 'Somebody' with another key than /var/lib/dkms/mok.pub, so run 'dkms build --force sluice/" "Secure Boot, an enrolled key, and a module that was signed with another"
modinfo_says Somebody ''
says 1 "is enrolled, so reboot once" "a modinfo that does not know which key"
mkdir -p "$top/var/lib/shim-signed/mok"
printf '0\202\n\033' >"$top/var/lib/shim-signed/mok/MOK.der"
mokutil_says 'is not enrolled'
modinfo_says 'DKMS module signing key' 7F:A0:42
says 1 "mokutil --import /var/lib/dkms/mok.pub" "of two keys the one that has signed"
modinfo_says Somebody 0A:1B
says 1 "mokutil --import /var/lib/shim-signed/mok/MOK.der" "the key where Ubuntu has it"
mkdir -p "$top/etc/dkms" "$top/root"
echo 'mok_certificate="/root/own.der"' >"$top/etc/dkms/framework.conf"
echo '-----BEGIN CERTIFICATE-----' >"$top/root/own.der"
says 1 "mokutil --import /root/own.der" "the key that DKMS was told"
rm -r "${top:?}/etc" "${top:?}/var"
says 1 "DKMS has no key to sign it with: install openssl and run 'dkms build --force sluice/" "Secure Boot and no key at all"

machine
secure_boot 1
insmod_says 'Operation not permitted'
program modinfo 'exit 0'
says 1 "it is not signed" "locked down by Secure Boot, and not signed"

machine
echo 'none [integrity] confidentiality' >"$top/sys/kernel/security/lockdown"
insmod_says 'Operation not permitted'
says 1 "signed by a key that is enrolled" "locked down without Secure Boot"

machine
secure_boot 0
insmod_says 'Operation not permitted'
says 3 "modules cannot be loaded here" "a container, Secure Boot off"

machine
secure_boot 1
mokutil_says 'is not enrolled' 'SecureBoot validation is disabled in shim'
says 0 "loads into Linux $running" "Secure Boot that shim does not enforce"

machine
insmod_says 'Function not implemented'
says 3 "loads no modules at all" "a kernel without modules"
insmod_says 'Invalid module format'
says 1 "install linux-headers-$running" "a module for other headers"
insmod_says 'Unknown symbol in module'
says 1 "Unknown symbol in module" "another refusal is passed on"

machine
mkdir "$top/sys/module/sch_sluice"
echo A1 >"$top/sys/module/sch_sluice/srcversion"
says 0 "the module is loaded" "this very module is loaded"
echo A0 >"$top/sys/module/sch_sluice/srcversion"
says 0 "another version of the module is loaded" "another version is loaded"
[ ! -e "$out/done" ]
tap $? "a loaded module is left alone"

machine
program id 'echo 1000'
says 3 "can only be tried as root" "without privilege"

tap_end
