#!/bin/sh
# module-check.sh [KERNEL]: does sch_sluice load into that kernel (the running one)? Says what is in the way, and the next step, in
# one sentence on stderr. For the running kernel it is loaded and removed again; for another one only its signature is looked at.
# DKMS runs it after each installation (POST_INSTALL), the package when it is configured.
# Exit codes: 0 it loads, or nothing is known against it; 1 it does not; 3 it cannot be tried here.
set -u
# Everything that is read lies below this: "" on a host.
top=${SLUICE_CHECK_ROOT:-}
running=$(uname -r)
kernel=${1:-$running}
# dkms.conf lies beside this script where it is installed.
version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' "$(dirname -- "$0")/dkms.conf")
# Forced or not, "install" takes what is built already; "build" signs.
rebuild="dkms build --force sluice/$version -k $kernel && dkms install --force sluice/$version -k $kernel"

say() { echo "sluice: $*"; exit 0; }
refuse() { code=$1; shift; echo "sluice: $*" >&2; exit "$code"; }

# module_file: where DKMS or a kernel has put it. The file counts, because DKMS calls before depmod has listed it.
module_file()
{
	for folder in updates/dkms updates extra kernel/net/sched; do
		for file in "$top/lib/modules/$kernel/$folder"/sch_sluice.ko*; do
			[ -e "$file" ] && { echo "$file"; return; }
		done
	done
}

# is_secure_boot: the firmware's variable is 4 bytes of attributes and 1 of value. Shim can be told not to check, which mokutil says.
is_secure_boot()
{
	for variable in "$top"/sys/firmware/efi/efivars/SecureBoot-*; do
		[ -r "$variable" ] && [ "$(tail -c 1 "$variable" | od -An -tu1 | tr -d ' ')" = 1 ] || continue
		! command -v mokutil >/dev/null || ! mokutil --sb-state 2>/dev/null | grep -q 'validation is disabled'
		return
	done
	return 1
}

# is_signature_needed: because of Secure Boot (by way of lockdown), or because somebody asked for it.
is_signature_needed()
{
	is_secure_boot || grep -qs '\[\(integrity\|confidentiality\)\]' "$top/sys/kernel/security/lockdown" ||
		grep -qsx Y "$top/sys/module/module/parameters/sig_enforce"
}

# signature_signer: who has signed it; nothing if nobody has.
signature_signer() { modinfo -F signer "$file" 2>/dev/null; }

# is_signed_by CERTIFICATE: a signature names the certificate's serial number, 20 bytes that nobody else has drawn. A modinfo that
# does not print it is believed, and so is a certificate that is text.
is_signed_by()
{
	serial=$(modinfo -F sig_key "$file" 2>/dev/null | tr -d ':\n' | tr A-F a-f)
	case $(od -An -v -tx1 "$top$1" | tr -d ' \n') in
	*"$serial"*) return 0 ;;
	30*) return 1 ;;
	esac
}

# mok_certificate: the machine owner's key that DKMS signs with: its own setting, or of Ubuntu's and its own the one that has signed.
mok_certificate()
{
	set_to=$(cat "$top"/etc/dkms/framework.conf "$top"/etc/dkms/framework.conf.d/*.conf 2>/dev/null |
		sed -n 's/^[[:space:]]*mok_certificate="\{0,1\}\([^"]*\)"\{0,1\}[[:space:]]*$/\1/p' | tail -n 1)
	if [ -n "$set_to" ] && [ -e "$top$set_to" ]; then
		echo "$set_to"
		return
	fi
	first=
	for certificate in /var/lib/shim-signed/mok/MOK.der /var/lib/dkms/mok.pub; do
		[ -e "$top$certificate" ] || continue
		first=${first:-$certificate}
		! is_signed_by "$certificate" || { first=$certificate; break; }
	done
	echo "$first"
}

# signature_advice: what to do so that the kernel accepts it.
signature_advice()
{
	certificate=$(mok_certificate)
	signer=$(signature_signer)
	if [ -z "$certificate" ]; then
		echo "DKMS has no key to sign it with: install openssl and run '$rebuild', then enrol the key"
	elif [ -z "$signer" ]; then
		echo "it is not signed: see which key and which sign-file /etc/dkms/framework.conf names, then run '$rebuild'"
	elif ! is_signed_by "$certificate"; then
		echo "it is signed by '$signer' with another key than $certificate, so run '$rebuild', which signs it with that one"
	elif ! command -v mokutil >/dev/null; then
		echo "install mokutil and run 'mokutil --import $certificate', then reboot and choose 'Enroll MOK'"
	else
		case $(mokutil --test-key "$top$certificate" 2>&1) in
		*'already enrolled'*) echo "its key $certificate is enrolled, so reboot once for the kernel to know it" ;;
		*'enrollment request'*) echo "its key $certificate waits to be enrolled: reboot and choose 'Enroll MOK'" ;;
		*) echo "run 'mokutil --import $certificate', then reboot and choose 'Enroll MOK'" ;;
		esac
	fi
}

# is_enrolled: mokutil knows it without trying; a module that the running kernel has taken had the same key. Only one that is
# signed with it gains by that.
is_enrolled()
{
	[ -n "$(signature_signer)" ] || return 1
	[ -z "$(mok_certificate)" ] || is_signed_by "$(mok_certificate)" || return 1
	[ ! -e "$top/sys/module/sch_sluice" ] || return 0
	command -v mokutil >/dev/null && [ -n "$(mok_certificate)" ] &&
		mokutil --test-key "$top$(mok_certificate)" 2>&1 | grep -q 'already enrolled'
}

# load: 1 and what insmod says, if it does not; the module is gone again afterwards, or 2 and what rmmod says.
load()
{
	LC_ALL=C insmod "$file" 2>&1 || return 1
	LC_ALL=C rmmod sch_sluice 2>&1 || return 2
}

[ $# -le 1 ] || { sed -n '2,3s/^# *//p' "$0" >&2; exit 2; }
# Who asks for the last word later wants none now.
[ "${SLUICE_CHECK:-}" != later ] || exit 0
file=$(module_file)
if [ -z "$file" ]; then
	refuse 1 "there is no module for Linux $kernel: install its headers (linux-headers-$kernel), and DKMS builds it; if it did not build, /var/lib/dkms/sluice has the log"
fi
if [ "$kernel" != "$running" ]; then
	is_signature_needed && ! is_enrolled || say "the module for Linux $kernel is there; it can be tried when that kernel runs"
	refuse 1 "Linux $kernel would not load the module, because this machine wants it signed by a key that is enrolled: $(signature_advice)"
fi
if [ -e "$top/sys/module/sch_sluice" ]; then
	[ "$(cat "$top/sys/module/sch_sluice/srcversion" 2>/dev/null)" != "$(modinfo -F srcversion "$file")" ] ||
		say "the module is loaded"
	refuse 0 "another version of the module is loaded and stays until no device uses it and 'rmmod sch_sluice' has removed it, or until the next boot"
fi
[ "$(id -u)" = 0 ] || refuse 3 "whether the module loads can only be tried as root"
why=$(load)
case $? in
0) say "the module loads into Linux $kernel" ;;
2) say "the module loads into Linux $kernel, and stays loaded: ${why#rmmod: ERROR: }" ;;
esac
case $why in
*'Required key not available'* | *'Key was rejected'*) needs_key=1 ;;
*) needs_key=0; ! is_signature_needed || needs_key=1 ;;
esac
case $needs_key:$why in
1:*'Operation not permitted'* | 1:*[Kk]ey*)
	refuse 1 "Linux $kernel does not load the module, because this machine wants it signed by a key that is enrolled: $(signature_advice)" ;;
*'Operation not permitted'*)
	refuse 3 "modules cannot be loaded here (a container, or kernel.modules_disabled is set), so nobody knows whether Linux $kernel takes this one: run 'modprobe sch_sluice' on the host" ;;
*'Function not implemented'*)
	refuse 3 "this kernel, Linux $kernel, loads no modules at all: sluice can pace only on one that does" ;;
*'File exists'*)
	say "the module is loaded" ;;
*'Invalid module format'* | *'Exec format'*)
	refuse 1 "Linux $kernel does not take the module, because it was built for other headers than this kernel's: install linux-headers-$kernel, then run '$rebuild'" ;;
*)
	refuse 1 "Linux $kernel does not load the module: ${why#insmod: ERROR: } ('dmesg' may say more)" ;;
esac
