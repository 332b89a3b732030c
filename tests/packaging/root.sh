#!/bin/sh
# The Debian packages, installed, upgraded, removed and purged in bare systems: Debian 12 with the headers of its own kernel and of its
# backports', Debian 13 with the newest of its backports. Without a network, except to make the bare systems, which are kept in
# the cache. And the in-tree form, compiled. As TAP. Needs root, debootstrap and 3 GB below ${TMPDIR:-/var/tmp}.
#   root.sh [in_tree|install|boot|newest]...
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
# shellcheck source=lab/bootstrap.sh
. lab/bootstrap.sh
# shellcheck source=lab/root.sh
. lab/root.sh
# shellcheck source=tests/tap.sh
. tests/tap.sh

fail() { echo "root.sh: $2" >&2; exit "$1"; }
say() { echo "# $*"; }

[ "$(id -u)" = 0 ] || fail 3 "no root: debootstrap and chroot need it"
command -v debootstrap >/dev/null || fail 3 "debootstrap is missing; install it with apt-get install debootstrap"
version=$("$sluice" --version | cut -d' ' -f2)
older=0.0.1
# What the tests use, beside what the packages depend on.
stock_headers='bookworm/linux-headers-amd64 bookworm-backports/linux-headers-cloud-amd64'
base_packages='iproute2 systemd udev dbus man-db bash-completion'
rm -rf "$out"
out=$(mktemp -d "${TMPDIR:-/var/tmp}/sluice-root.XXXXXX") || exit 1
root=$out/root net=--net

# in_root SCRIPT [WORD...]: what a shell in the bare system does with it; its output is kept in $out/said.
in_root()
{
	script=$1
	shift
	root_within "$root" sh -c "$script" sh "$@" >"$out/said" 2>&1
}

# holds CLAIM SCRIPT [WORD...]: a test that is good if the script ends with 0.
holds()
{
	claim=$1
	shift
	in_root "$@"
	status=$?
	tap "$status" "$claim"
	[ "$status" = 0 ] || tail -n 30 "$out/said" | sed 's/^/# /'
}

# base SUITE FROM/HEADERS...: a bare system with what the packages depend on, and packages of headers that are not installed yet;
# unpacked into $root.
base()
{
	suite=$1
	shift
	depends=$(for p in sluice sluice-dkms sluice-lab; do dpkg-deb -f "$out/new/${p}_"*.deb Depends; done |
		tr ',' '\n' | sed 's/(.*//; s/|.*//; s/ //g' | grep -v -e '^sluice' -e '^$' | LC_ALL=C sort -u | tr '\n' ' ')
	tarball=$cache/roots/$suite-$(echo "$base_packages $depends $*" | sha256sum | cut -c1-12).tar
	rm -rf "$root"
	if [ ! -e "$tarball" ]; then
		say "making a bare $suite, kept as $tarball"
		mkdir -p "$cache/roots" && rm -f "$cache/roots/$suite"-*.tar || fail 1 "cannot write to $cache"
		root_make "$suite" "$root" "$out/log" || { tail -n 3 "$out/log" >&2; fail 1 "debootstrap of $suite failed"; }
		net='' in_root '
			set -e
			export DEBIAN_FRONTEND=noninteractive
			suite=$1 packages=$2
			shift 2
			read -r deb uri rest </etc/apt/sources.list
			echo "deb $uri $suite-backports main" >/etc/apt/sources.list.d/backports.list
			apt-get -q update
			apt-get -q -y --no-install-recommends install $packages
			apt-get clean
			for headers; do apt-get -q -y --no-install-recommends --download-only -t ${headers%/*} install ${headers#*/}; done
		' "$suite" "$depends $base_packages" "$@" || { tail -n 5 "$out/said" >&2; fail 1 "installing into the bare $suite failed"; }
		tar -C "$root" -cf "$tarball.part" . && mv "$tarball.part" "$tarball" || fail 1 "cannot write $tarball"
	else
		mkdir "$root" && tar -C "$root" -xf "$tarball" || fail 1 "cannot unpack $tarball"
	fi
	cp -r "$out/old" "$out/new" "$root/root/"
}

install_debs='DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends -o Dpkg::Use-Pty=0 install'
# built KERNEL_PATTERN VERSION: the module for that kernel is there once, signed by DKMS, of this version, and depmod knows it where the
# kernel is installed and not only its headers.
built='
	k=$(ls /lib/modules | grep "^$1") && ko=$(ls /lib/modules/$k/updates/dkms/sch_sluice.ko*) &&
	dkms status -m sluice -v "$2" -k "$k" | grep -q ": installed" && [ "$(dkms status -m sluice | grep -c "$k")" = 1 ] &&
	[ "$(modinfo -F signer "$ko")" = "DKMS module signing key" ] && [ "$(modinfo -F vermagic "$ko" | cut -d" " -f1)" = "$k" ] &&
	{ [ ! -e /lib/modules/$k/kernel ] || grep -q sch_sluice /lib/modules/$k/modules.dep; } &&
	modinfo -F alias "$ko" | grep -x -e net-sch-sluice -e sch_sluice'
# What DKMS says at the end of an installation by hand.
post_install='
	k=$(ls /lib/modules | grep "^$1") && dkms uninstall "sluice/$2" -k "$k" && dkms install "sluice/$2" -k "$k" 2>&1 |
	grep -F "sluice: the module for Linux $k is there"'
# The key is lost, and a kernel wants signatures: what is advised then makes a new one and signs with it.
signs_again='
	k=$(ls /lib/modules | grep "^$1") && rm /var/lib/dkms/mok.* && mkdir -p /tmp/top/sys/module/module/parameters &&
	echo Y >/tmp/top/sys/module/module/parameters/sig_enforce && ln -sfn /lib /tmp/top/lib && ln -sfn /var /tmp/top/var || exit 1
	advice=$(SLUICE_CHECK_ROOT=/tmp/top "/usr/src/sluice-$2/module-check.sh" "$k" 2>&1 | sed -n "s/.* run \x27\(dkms [^\x27]*\)\x27.*/\1/p")
	rm -r /tmp/top
	[ -n "$advice" ] && sh -c "$advice" || exit 1
	signer=$(modinfo -F sig_key /lib/modules/$k/updates/dkms/sch_sluice.ko* | tr -d ":\n")
	echo "signed with $signer"
	[ "$(openssl x509 -inform DER -in /var/lib/dkms/mok.pub -noout -serial)" = "serial=$signer" ]'
# What is left in the places of DKMS: nothing.
no_trace='! ls -d /usr/src/sluice* /var/lib/dkms/sluice /lib/modules/*/updates/dkms/sch_sluice* 2>/dev/null | grep .'

install_and_remove()
{
	holds "install without kernel headers" "$install_debs /root/old/sluice_*.deb /root/old/sluice-dkms_*.deb"
	grep -q 'there is no module for Linux' "$out/said"
	tap $? "it says that the headers are missing"
	holds "headers of 6.1: the module is built" "$install_debs linux-headers-amd64 && $built" '6\.1\.' "$older"
	holds "headers of 6.12: the module is built" "apt-mark -q hold linux-headers-amd64; $install_debs -t bookworm-backports linux-headers-cloud-amd64 && $built" '6\.12\.' "$older"
	holds "a device's file and a change of default.conf" 'echo "rate 926mbit" >/etc/sluice/eth0.conf && echo "maxrate 2gbit" >>/etc/sluice/default.conf'
	holds "upgrade from $older to $version" "$install_debs /root/new/sluice_*.deb /root/new/sluice-dkms_*.deb /root/new/sluice-lab_*.deb"
	holds "6.1: the new module in the old one's place" "$built" '6\.1\.' "$version"
	holds "6.12: the new module in the old one's place" "$built" '6\.12\.' "$version"
	holds "DKMS says whether it loads" "$post_install" '6\.1\.' "$version"
	holds "a lost key: it is signed with a new one" "$signs_again" '6\.1\.' "$version"
	holds "nothing of the old version is left" '[ ! -e /usr/src/sluice-'"$older"' ] && [ ! -e /var/lib/dkms/sluice/'"$older"' ] && [ "$(sluice --version)" = "sluice $1" ]' "$version"
	holds "the configuration is as it was" 'grep -qx "rate 926mbit" /etc/sluice/eth0.conf && grep -qx "maxrate 2gbit" /etc/sluice/default.conf'
	commands_answer
	units_are_right
	holds "remove" 'apt-get -q -y remove sluice sluice-dkms sluice-lab'
	holds "the module and its source are gone" "$no_trace"
	holds "the configuration stays" 'grep -qx "rate 926mbit" /etc/sluice/eth0.conf && grep -qx "maxrate 2gbit" /etc/sluice/default.conf'
	holds "install again: the configuration counts" "$install_debs /root/new/sluice_*.deb /root/new/sluice-dkms_*.deb /root/new/sluice-lab_*.deb && grep -qx 'maxrate 2gbit' /etc/sluice/default.conf"
	holds "purge" 'apt-get -q -y purge sluice sluice-dkms sluice-lab'
	holds "the package's file is gone, the device's is not" '[ "$(ls /etc/sluice)" = eth0.conf ]'
	holds "no trace in /usr/src, /var/lib/dkms, /lib/modules" "$no_trace"
	holds "no other file" '! find / -xdev -name "*sluice*" ! -path "/proc/*" ! -path "/sys/*" ! -path "/root/*" ! -path "/etc/sluice*" ! -path "/var/cache/man/*" | grep .'
	holds "dpkg has nothing against it" 'dpkg --audit | { ! grep .; }'
}

commands_answer()
{
	holds "sluice, without a module: what is missing" 'sluice | grep -q "sch_sluice is built for Linux\|no kernel module"'
	holds "sluice show, status: valid when empty" '[ "$(sluice show --json | tr -d " \n")" = "[]" ] && [ "$(sluice status --json | tr -d " \n")" = "[]" ]'
	holds "sluice apply --dry-run: the file of a device that is not there" 'sluice apply --dry-run 2>/tmp/said; [ $? = 1 ] && grep -q eth0 /tmp/said'
	holds "sluice apply: the package's own default.conf is right" 'mv /etc/sluice/eth0.conf /root && sluice apply --dry-run; code=$?; mv /root/eth0.conf /etc/sluice; exit $code'
	holds "the example is right" 'cp /usr/share/doc/sluice/examples/eth0.conf /tmp/lo.conf && sluice apply --dry-run /tmp/lo.conf; [ $? != 2 ]'
	holds "sluice lab finds its files" 'sluice lab list | grep -q ^six && ! sluice lab run six 2>/tmp/said && grep -q "/usr/lib/sluice/lab/uml/kernel.sh build newest" /tmp/said'
	holds "tc finds the plugin" 'tc qdisc add dev lo root sluice help 2>&1 | grep -q codel_interval'
	holds "man pages, drawn without warnings" 'for p in sluice tc-sluice sluice.conf; do LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings $p 2>&1 >/dev/null | { ! grep .; } && man -w $p >/dev/null || exit 1; done'
	holds "bash finds the completion" 'bash -c ". /usr/share/bash-completion/bash_completion; _completion_loader sluice; COMP_WORDS=(sluice o) COMP_CWORD=1; _sluice sluice; [ \"\${COMPREPLY[*]}\" = \"on off\" ]"'
}

units_are_right()
{
	holds "systemd takes the units" 'cd /lib/systemd/system && systemd-analyze verify --man=yes "sluice@br\\x2dlan.service" $(ls sluice* | grep -v @) 2>&1 | { ! grep .; }'
}

# boot: systemd in namespaces of its own, with the units and a network in which devices come and go; see boot.sh. /proc/sys is
# read-only, for what it sets there would be this machine's. What systemd needs to find device units: udev's socket before it
# starts, and host_cgroup.so.
boot()
{
	cgroup=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)$(sed -n 's/^0:://p' /proc/self/cgroup)/sluice-test.$$
	mkdir "$cgroup" && cp tests/packaging/boot.sh "$root/root/" &&
		gcc -O2 -Wall -Werror -fPIC -shared -o "$root/root/host_cgroup.so" tests/packaging/host_cgroup.c || { tap 1 "systemd can be started"; return; }
	for unit in systemd-udev-trigger systemd-sysctl systemd-modules-load systemd-random-seed systemd-remount-fs; do
		ln -s /dev/null "$root/etc/systemd/system/$unit.service"
	done
	printf '[Unit]\nAfter=systemd-udevd.service\n[Service]\nType=oneshot\nExecStart=/bin/sh -c "/root/boot.sh >/root/tap 2>&1; systemctl --force --force poweroff"\n' \
		>"$root/etc/systemd/system/boot-test.service"
	# shellcheck disable=SC2016 # expanded by the inner shells
	sh -c 'echo $$ >"$1/cgroup.procs" && shift && exec "$@"' sh "$cgroup" \
		timeout -s KILL 300 unshare --mount --pid --fork --kill-child --net --uts --ipc --cgroup sh -c '
		r=$1
		mount --make-rprivate / && mount --bind "$r" "$r" && mount -t proc proc "$r/proc" && mount -t sysfs sysfs "$r/sys" &&
			mount --bind "$r/proc/sys" "$r/proc/sys" && mount -o remount,bind,ro "$r/proc/sys" &&
			mount -t cgroup2 cgroup2 "$r/sys/fs/cgroup" && mount -t tmpfs -o mode=755 run "$r/run" &&
			mount -t tmpfs -o mode=755 dev "$r/dev" && mkdir "$r/run/udev" && : >"$r/run/udev/control" || exit 99
		for n in null zero full random urandom tty; do
			: >"$r/dev/$n" && mount --bind "/dev/$n" "$r/dev/$n" || exit 99
		done
		exec chroot "$r" env -i LD_PRELOAD=/root/host_cgroup.so /lib/systemd/systemd --unit=boot-test.service
	' sh "$root" </dev/null >"$out/said" 2>&1
	find "$cgroup" -depth -type d -exec rmdir {} +
	if ! grep -q '^1\.\.' "$root/root/tap" 2>/dev/null; then
		tap 1 "systemd starts in the bare system and runs boot.sh to its end"
		tail -n 20 "$out/said" "$root/root/tap" 2>&1 | sed 's/^/# /'
		return
	fi
	while IFS= read -r line; do
		case $line in
		'ok '*) tap 0 "${line#*- }" ;;
		'not ok '*) tap 1 "${line#*- }" ;;
		'#'*) echo "$line" ;;
		esac
	done <"$root/root/tap"
}

newest_kernel()
{
	holds "Debian 13, headers of its backports, then the packages" "$install_debs -t trixie-backports linux-headers-cloud-amd64 && $install_debs /root/new/sluice_*.deb /root/new/sluice-dkms_*.deb /root/new/sluice-lab_*.deb"
	holds "the module is built and signed, and loads by itself when a sluice is made" "$built | grep net-sch-sluice" '7\.' "$version"
	holds "DKMS says whether it loads" "$post_install" '7\.' "$version"
	holds "a lost key: it is signed with a new one" "$signs_again" '7\.' "$version"
	say "$(in_root 'dkms status'; cat "$out/said")"
	holds "its tc finds the plugin" 'tc qdisc add dev lo root sluice help 2>&1 | grep -q codel_interval'
	holds "systemd takes the units" 'cd /lib/systemd/system && systemd-analyze verify --man=yes "sluice@br\\x2dlan.service" $(ls sluice* | grep -v @) 2>&1 | { ! grep .; }'
	holds "a module that cannot be built breaks no installation, and is named" \
		'echo "#error on purpose" >>"/usr/src/sluice-$1/kernel/sch_sluice_main.c" && dpkg-reconfigure sluice-dkms 2>&1 |
		grep -q "^sluice-dkms: the module was not built" && [ "$(dpkg-query -W -f "\${Status}" sluice-dkms)" = "install ok installed" ]' "$version"
	holds "purge" 'apt-get -q -y purge sluice sluice-dkms sluice-lab'
	holds "no trace in /usr/src, /var/lib/dkms, /lib/modules" "$no_trace"
}

# in_tree: the newest of the lab's kernels with Sluice built in.
in_tree()
{
	# shellcheck source=lab/uml/recipe.sh
	. lab/uml/recipe.sh
	deb=$(lab/uml/kernel.sh fetch newest 2>/dev/null | tail -n 1)
	recipe_unpack "$deb" "$out/kernel" >"$out/said" 2>&1
	tap $? "the source of Linux, $(basename "$deb")"
	tap_run "graft" packaging/graft.sh "$out/kernel"
	tap_run "configure with NET_SCH_SLUICE" sh -c '
		cd "$1" && unset MAKEFLAGS MFLAGS MAKELEVEL && make -s ARCH=um tinyconfig &&
		for o in 64BIT NET INET NET_SCHED NET_SCH_SLUICE; do echo "CONFIG_$o=y"; done >>.config &&
		make -s ARCH=um olddefconfig && grep -qx CONFIG_NET_SCH_SLUICE=y .config' sh "$out/kernel"
	tap_run "compile it in" sh -c '
		cd "$1" && unset MAKEFLAGS MFLAGS MAKELEVEL && make -s ARCH=um -j2 net/sched/sluice/kernel/ 2>&1 | { ! grep -i warning; } &&
		nm net/sched/sluice/kernel/built-in.a | grep -q sluice_enqueue' sh "$out/kernel"
	rm -rf "$out/kernel"
}

# packages: what is installed: an older version, and this one from a tree that is no checkout of git.
packages()
{
	mkdir "$out/old" "$out/new" "$out/tree"
	say "building version $older for the upgrade, and $version in a tree that is no checkout of git"
	packaging/deb.sh "$older" >/dev/null && cp build/deb/sluice*_"$older"_*.deb "$out/old/" || fail 1 "the older packages cannot be built"
	git ls-files -co --exclude-standard -z | tar --null -c -T - | tar -x -C "$out/tree" || fail 1 "cannot copy the tree"
	tap_run "the packages are built without git" "$out/tree/packaging/deb.sh"
	cp "$out/tree/build/deb/"sluice*_"$version"_*.deb "$out/new/" || fail 1 "the packages cannot be built"
	rm -f "$out/old/"*dbgsym* "$out/new/"*dbgsym*
	if command -v lintian >/dev/null; then
		tap_run "lintian finds nothing" sh -c 'lintian --fail-on error,warning --allow-root --tag-display-limit 0 "$1"/build/deb/*.changes' sh "$out/tree"
	fi
}

parts=${*:-in_tree install boot newest}
for part in $parts; do
	case $part in
	in_tree | install | boot | newest) ;;
	*) sed -n '5s/^# *//p' "$0" >&2; exit 2 ;;
	esac
done
case $parts in in_tree) ;; *) packages ;; esac
for part in $parts; do
	# shellcheck disable=SC2086 # words on purpose
	case $part in
	in_tree) in_tree ;;
	install)
		base bookworm $stock_headers
		install_and_remove
		;;
	boot)
		base bookworm $stock_headers
		holds "install for systemd" "$install_debs /root/new/sluice_*.deb"
		boot
		;;
	newest)
		base trixie trixie-backports/linux-headers-cloud-amd64
		newest_kernel
		;;
	esac
done
tap_end
