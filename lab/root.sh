# root.sh: bare Debian systems to try things in. Sourced in the repository's top folder; needs root. Mounts and processes live in
# namespaces of their own and end with them.
# shellcheck shell=sh

# root_make SUITE ROOT LOG: debootstrap, with this system's mirror, name server and proxy.
root_make()
{
	mirror=$(lab/uml/kernel.sh mirror)
	[ -n "$mirror" ] || { echo "no Debian mirror in this system's package sources" >"$3"; return 1; }
	debootstrap --variant=minbase "$1" "$2" "$mirror" >"$3" 2>&1 || return 1
	cp /etc/resolv.conf "$2/etc/resolv.conf"
	apt-config dump | grep -E '^Acquire::(http|https)::Proxy|^Acquire::Check' >"$2/etc/apt/apt.conf.d/99host"
	return 0
}

# root_within ROOT COMMAND...: in that system. $net is --net to have no network.
root_within()
{
	r=$1
	shift
	# shellcheck disable=SC2016,SC2086 # expanded by the inner shell; words on purpose
	unshare --mount --pid --fork --kill-child ${net:-} sh -c '
		r=$1; shift
		mount --make-rprivate /
		mount --bind "$r" "$r" || exit 99
		mount -t proc proc "$r/proc" && mount -t sysfs sysfs "$r/sys" && mount -t tmpfs -o mode=755 dev "$r/dev" && mkdir "$r/dev/shm" || exit 99
		mount -t tmpfs -o mode=1777 shm "$r/dev/shm" || exit 99
		for n in null zero full random urandom tty; do
			: >"$r/dev/$n" && mount --bind "/dev/$n" "$r/dev/$n" || exit 99
		done
		mkdir "$r/dev/pts" && mount -t devpts -o newinstance,ptmxmode=666 devpts "$r/dev/pts" && ln -s pts/ptmx "$r/dev/ptmx" || exit 99
		ln -s /proc/self/fd "$r/dev/fd"
		for n in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${n%:*}" "$r/dev/${n#*:}"; done
		# The new root lies over the old one, which goes. A mere chroot may make no user namespaces.
		cd "$r" && pivot_root . . && umount -l . && cd / || exit 99
		exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"
	' sh "$r" "$@" </dev/null
}
