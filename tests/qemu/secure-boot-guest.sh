#!/bin/sh
# secure-boot-guest.sh: what happens in the machine that tests/qemu/secure-boot.sh starts, before (stage=new) and after (stage=enrolled)
# the machine owner's key is enrolled.
# shellcheck source=tests/qemu/tools.sh
. tests/qemu/tools.sh
firmware=$(word firmware) release=$(uname -r)
dkms_version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' "$out"/dkms/usr/src/sluice-*/dkms.conf)
key=/var/lib/dkms/mok.pub
sign_again="dkms build --force sluice/$dkms_version -k $release && dkms install --force sluice/$dkms_version -k $release"
refused="sluice: Linux $release does not load the module, because this machine wants it signed by a key that is enrolled:"
# The bytes that take this long at the rate are sent.
rate_bits_ps=20000000 sent_bytes=1000000

# says CODE TEXT COMMAND...: one sentence, and that exit code.
says()
{
	want=$1 text=$2
	shift 2
	"$@" >"$tmp/says" 2>&1
	got=$?
	[ "$got" = "$want" ] && equal "$(cat "$tmp/says")" "$text" || { echo "exit code $got, not $want"; false; }
}

# doctor_says CHECK SEVERITY TEXT [FIX]: the one finding of that check.
doctor_says()
{
	sluice doctor --json >"$tmp/doctor"
	perl -MJSON::PP -0777 -e '
		my ($check, @want) = @ARGV;
		my @found = map { "$_->{severity}: $_->{text}" . (defined $_->{fix} ? " \$ $_->{fix}" : "") } grep { $_->{check} eq $check } @{decode_json(<STDIN>)};
		my $want = "$want[0]: $want[1]" . (defined $want[2] ? " \$ $want[2]" : "");
		print "found: @found\nwant: $want\n";
		exit !(@found == 1 && $found[0] eq $want);
	' "$@" <"$tmp/doctor"
}

# module_put KIND: where DKMS puts it, and nothing else.
module_put()
{
	rm -rf "/lib/modules/$release"
	mkdir -p "/lib/modules/$release/updates/dkms"
	cp "$out/$1"/sch_sluice.ko* "/lib/modules/$release/updates/dkms/"
	depmod "$release" 2>/dev/null
}

module_check() { "$out/dkms/usr/src/sluice-$dkms_version/module-check.sh" "$@"; }
mokutil_install() { cp "$firmware/usr/bin/mokutil" /usr/bin/ && cp -a "$firmware"/usr/lib/x86_64-linux-gnu/lib*.so.* /usr/lib/x86_64-linux-gnu/; }
key_make() { cp "$out/mok.pub" "$out/mok.key" /var/lib/dkms/; }
firmware_byte() { od -An -tu1 -j4 -N1 "/sys/firmware/efi/efivars/$1-8be4df61-93ca-11d2-aa0d-00e098032b8c" | tr -d ' '; }
asks() { printf '%s\n%s\n' "$(word password)" "$(word password)" | mokutil --import "$key"; }

# refused_by_kernel WHY: what the kernel's log says of the module that was tried last.
refused_by_kernel()
{
	dmesg -C
	says 1 "insmod: ERROR: could not insert module $(echo "/lib/modules/$release/updates/dkms"/*): Key was rejected by service" \
		insmod "/lib/modules/$release/updates/dkms"/sch_sluice.ko* && dmesg | grep -F "$1"
}

# refused WHAT WHY ADVICE DOCTOR FIX: the module that is there does not come in, and each command says so.
refused()
{
	check "$1: the kernel refuses it" refused_by_kernel "$2"
	check "$1: module-check.sh" says 1 "$refused $3" module_check
	check "$1: sluice on" says 3 "sluice on: wire1: the kernel could not load its module sch_sluice: 'sluice doctor' and 'modprobe sch_sluice' say why" \
		sluice on wire1 rate 20mbit
	check "$1: doctor" doctor_says signature problem "Secure Boot is on: the kernel takes only $4" "$5"
	check "$1: nothing is loaded" test ! -e /sys/module/sch_sluice
}

# paced: the bytes take their time at the rate.
paced()
{
	began=$(date +%s%N)
	equal "$(transfer 1 5000 $sent_bytes)" $sent_bytes || return
	took_ms=$((($(date +%s%N) - began) / 1000000))
	echo "$sent_bytes bytes took $took_ms ms"
	[ $took_ms -ge $((sent_bytes * 8 * 1000 / rate_bits_ps)) ] && sluice show wire1 --json |
		perl -MJSON::PP -0777 -ne 'exit !(/"sent_frames": ([0-9]+)/ && $1 >= 600)'
}

# frames_are_single: what verify's tap behind the qdisc says of trains, frames that follow within 2048 ns.
frames_are_single()
{
	grep -A12 '"trains"' "$tmp/verify"
	perl -0777 -ne 'exit !(/"trains": (\d+),[^}]*"max_pkts": (\d+),\s*"theta_ns": 2048,/ && $1 >= 100 && $2 == 1)' "$tmp/verify"
}

stage_new()
{
	module_put unsigned
	refused "no key" 'Loading of unsigned module is rejected' \
		"DKMS has no key to sign it with: install openssl and run '$sign_again', then enrol the key" \
		'signed modules, and DKMS has no key here to sign with' "apt install openssl && $sign_again"
	key_make
	refused "not signed" 'Loading of unsigned module is rejected' \
		"it is not signed: see which key and which sign-file /etc/dkms/framework.conf names, then run '$sign_again'" \
		"signed modules, and this one is not, though DKMS has a key ($key)" "$sign_again"
	module_put signed
	wanted='modules signed with an enrolled key, and the one that DKMS signs with is not: after this command, reboot and confirm'
	refused "key not enrolled, no mokutil" 'Loading of module with unavailable key is rejected' \
		"install mokutil and run 'mokutil --import $key', then reboot and choose 'Enroll MOK'" "$wanted" "mokutil --import $key"
	mokutil_install
	check "mokutil finds Secure Boot on" says 0 'SecureBoot enabled' mokutil --sb-state
	refused "key not enrolled" 'Loading of module with unavailable key is rejected' \
		"run 'mokutil --import $key', then reboot and choose 'Enroll MOK'" "$wanted" "mokutil --import $key"
	check "mokutil asks the firmware to enrol the key" asks
	refused "key waits" 'Loading of module with unavailable key is rejected' \
		"its key $key waits to be enrolled: reboot and choose 'Enroll MOK'" \
		"modules signed with an enrolled key, and the one that DKMS signs with waits to be: after this command, choose 'Enroll MOK' and confirm" reboot
}

stage_enrolled()
{
	mokutil_install
	key_make
	check "the kernel has the owner's key" grep -F 'DKMS module signing key' /proc/keys
	module_put unsigned
	refused "enrolled, not signed" 'Loading of unsigned module is rejected' \
		"it is not signed: see which key and which sign-file /etc/dkms/framework.conf names, then run '$sign_again'" \
		"signed modules, and this one is not, though DKMS has a key ($key)" "$sign_again"
	module_put foreign
	refused "signed with another key" 'Loading of module with unavailable key is rejected' \
		"it is signed by 'Somebody else' with another key than $key, so run '$sign_again', which signs it with that one" \
		"modules signed with an enrolled key, and this one is signed with another than the one that DKMS signs with ($key)" "$sign_again"
	module_put signed
	check "doctor, before it is loaded" doctor_says signature ok "Secure Boot is on, and the key that DKMS signs with ($key) is enrolled"
	check "module-check.sh loads it, and takes it away" says 0 "sluice: the module loads into Linux $release" module_check
	check "nothing is loaded" test ! -e /sys/module/sch_sluice
	check "sluice on loads it" says 0 '' sluice on wire1 rate 20mbit
	check "doctor, when it is loaded" doctor_says signature ok 'Secure Boot is on, and the kernel has taken the module'
	check "doctor: the module" doctor_says module ok 'the module sch_sluice is loaded'
	check "module-check.sh, when it is loaded" says 0 'sluice: the module is loaded' module_check
	check "TCP is paced" paced
	sluice verify wire1 --for 3s --json >"$tmp/verify" 2>&1 &
	check "TCP is paced again" paced
	wait $!
	check "locked down or not, verify sees that frames leave one by one" frames_are_single
	check "sluice off" sluice off wire1
	check "unload" rmmod sch_sluice
}

# GRUB leaves its last line open.
echo
modprobe -d "$stock" -a efivarfs veth || echo "tap: not ok - the kernel's own modules are loaded"
mount -t efivarfs efivarfs /sys/firmware/efi/efivars
mount -t securityfs securityfs /sys/kernel/security
# Nothing of the host's own.
mkdir -p /lib/modules
mount -t tmpfs modules /lib/modules
rm -rf /var/lib/dkms /var/lib/shim-signed /etc/dkms /usr/bin/mokutil
mkdir -p /var/lib/dkms
ip netns add far
ip link add wire1 type veth peer name far1 netns far
up 1 wire1 far1
check "the firmware enforces Secure Boot" equal "$(firmware_byte SecureBoot) $(firmware_byte SetupMode)" '1 0'
check "the kernel is locked down" equal "$(cat /sys/kernel/security/lockdown)" 'none [integrity] confidentiality'
check "the kernel takes only signed modules" equal "$(cat /sys/module/module/parameters/sig_enforce)" Y
stage_"$(word stage)"
echo "tap: done"
poweroff -f
