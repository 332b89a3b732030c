# debs.sh: packages of a Debian release, fetched with private lists: the system's own are read for the mirror's address only. Sourced
# by what keeps them in $cache; $root is the repository.
# shellcheck shell=sh disable=SC2154 # variables that the caller sets: cache, root

fail() { echo "${0##*/}: $*" >&2; exit 1; }
missing() { echo "${0##*/}: $*" >&2; exit 3; }

# debs_lock: the packages' lists are shared, so one at a time.
debs_lock()
{
	mkdir -p "$cache/locks" || fail "cannot write to $cache"
	exec 9>"$cache/locks/stock" || exit 1
	flock 9 || exit 1
}

# fetch SUITE PACKAGE...: leaves the packages in the current directory.
fetch()
{
	lists=$cache/apt/bench-$1
	mkdir -p "$lists/lists/partial" "$lists/cache/archives/partial" || fail "cannot write to $cache"
	uri=$("$root/lab/uml/kernel.sh" mirror)
	[ -n "$uri" ] || missing "no Debian mirror in this system's package sources; add one and run apt-get update"
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $1 main" >"$lists/sources.list"
	private apt-get update >"$lists/log" 2>&1 || missing "no network: the list of $1 cannot be fetched; run again when the mirror can be reached"
	shift
	[ $# = 0 ] || private apt-get download "$@" >>"$lists/log" 2>&1 || missing "no network: fetching $* failed ($(tail -n 1 "$lists/log"))"
}

private()
{
	tool=$1
	shift
	"$tool" -q -o Dir::Etc::sourcelist="$lists/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::State::lists="$lists/lists" -o Dir::State::status=/dev/null -o Dir::Cache="$lists/cache" -o APT::Sandbox::User= \
		-o APT::Update::Post-Invoke-Success::= -o Acquire::Languages=none "$@"
}
