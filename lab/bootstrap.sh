# bootstrap.sh: what demo and check share: install what is missing, say how far things are. Sourced; POSIX sh, and nothing
# that a bare Debian lacks.
# shellcheck shell=sh disable=SC2034 # variables are read by who sources this

cache=${SLUICE_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/sluice}
export SLUICE_CACHE="$cache"

# What the lab and the command are built with, what the guests run, and what only the tests need.
packages_build='make gcc libc6-dev flex bison bc xz-utils pkgconf libmnl-dev libjansson-dev liblzma-dev libpcap-dev libzstd-dev zlib1g-dev debian-archive-keyring'
packages_guest='iproute2 ethtool kmod procps'
packages_check='build-essential shellcheck cppcheck perl qemu-system-x86 cpio iperf3 busybox curl debhelper clang libbpf-dev'

not_here() { echo "${0##*/}: $*" >&2; exit 3; }

# packages_missing PACKAGE...: those that are not installed.
packages_missing()
{
	for p in "$@"; do
		case $(dpkg-query -W -f='${Status}' "$p" 2>/dev/null) in
		*'ok installed') ;;
		*) printf '%s ' "$p" ;;
		esac
	done
}

# apt_failure LOG: one sentence for why apt-get failed.
apt_failure()
{
	if grep -qiE 'no space left|enough free space' "$1"; then
		echo "no space: $(grep -iE -m1 'no space left|enough free space' "$1")"
	elif grep -qiE 'could not resolve|unable to connect|failed to fetch|could not connect|network is unreachable' "$1"; then
		echo "no network: the package mirror cannot be reached"
	elif grep -qi 'unable to locate package' "$1"; then
		echo "the package sources of this system are not Debian's: $(grep -i -m1 'unable to locate' "$1")"
	else
		echo "apt-get failed: $(grep -m1 '^E:' "$1" || tail -n 1 "$1")"
	fi
}

# packages_install PACKAGE...: does nothing when all are there, and then needs neither network nor root.
packages_install()
{
	[ "$(uname -m)" = x86_64 ] || not_here "the lab's kernel runs on x86_64 only, this is $(uname -m)"
	if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
		not_here "this needs Debian or a descendant: there is no apt-get"
	fi
	missing=$(packages_missing "$@")
	[ -n "$missing" ] || return 0
	as_root=
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null || not_here "no root: run as root once, or install: ${missing% }"
		as_root=sudo
		[ -t 0 ] || as_root='sudo -n'
	fi
	echo "installing: ${missing% } (about 1 min)"
	log=$(mktemp) || not_here "no space: cannot write to ${TMPDIR:-/tmp}"
	for try in without with; do
		# The lists may be old or missing: fetch them only when it does not work without.
		if [ "$try" = with ]; then
			$as_root apt-get -q update >"$log" 2>&1
		fi
		# shellcheck disable=SC2086 # words on purpose
		if $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
			-o DPkg::Lock::Timeout=120 install $missing >>"$log" 2>&1 </dev/null; then
			rm -f "$log"
			return 0
		fi
	done
	if grep -q '^sudo:' "$log"; then
		rm -f "$log"
		not_here "no root: run as root once, or install: ${missing% }"
	fi
	why=$(apt_failure "$log")
	rm -f "$log"
	not_here "$why; missing: ${missing% }"
}

# words_check WORDS...: ./demo and ./check take none. What they are stands in their second and third line.
words_check()
{
	case $#:$* in
	0:) ;;
	1:--help) exec sed -n '2,3s/^# *//p' "${0##*/}" ;;
	*) echo "${0##*/}: '$*' means nothing here; it takes no words: \`$0 --help\` says what it does" >&2; exit 2 ;;
	esac
}

# place_check: before the work, not in its middle.
place_check()
{
	for d in "$(pwd)" "$cache"; do
		lab/uml/kernel.sh path "$d" || exit
	done
}

# space_check FREE_MB: before the work, not in its middle. Compiling a kernel asks for more by itself.
space_check()
{
	mkdir -p "$cache" build 2>/dev/null || not_here "cannot write to $cache and $(pwd)/build"
	for d in "$cache" build; do
		free_mb=$(df -Pm "$d" | awk 'NR == 2 { print $4 }')
		[ "$free_mb" -ge "$1" ] || not_here "no space: $1 MB are needed in $d, $free_mb MB are free"
	done
}

# step_begin TOTAL KIND: the steps that follow are numbered up to TOTAL; KIND (demo, check) names their remembered times.
step_begin()
{
	step=0 steps=$1 step_kind=$2
}

# step NAME GUESS_S TEXT COMMAND...: runs one step, says what it does and how long it may take, and remembers how long it took.
step()
{
	name=$1 guess_s=$2 text=$3
	shift 3
	step=$((step + 1))
	times=$cache/times
	known_s=$(sed -n "s/^$step_kind $name //p" "$times" 2>/dev/null | tail -n 1)
	echo "[$step/$steps] $text (about $(step_time "${known_s:-$guess_s}"))"
	began=$(date +%s)
	"$@"
	code=$?
	took=$(($(date +%s) - began))
	if [ "$code" = 0 ] && [ -d "$cache" ]; then
		{ grep -v "^$step_kind $name " "$times" 2>/dev/null; echo "$step_kind $name $took"; } >"$times.$$" && mv "$times.$$" "$times"
	fi
	return "$code"
}

# kernel_step VERSION FLAVOUR GUESS_S TEXT TARGET: a step that builds a kernel unless it is there. A kernel that is there takes no
# time, and what it takes then must not be remembered for one that is not.
kernel_step()
{
	if lab/uml/kernel.sh dir "$1" "$2" >/dev/null 2>&1; then
		step "have-$5" 0 "$4: built already" make -s --no-print-directory "$5" </dev/null
	else
		step "$5" "$3" "$4: fetch, configure, compile" make -s --no-print-directory "$5" </dev/null
	fi
}

step_time()
{
	if [ "$1" -lt 90 ]; then echo "$(($1 + 1)) s"; else echo "$((($1 + 30) / 60)) min"; fi
}
