#!/bin/sh
# docs.sh: what README.md, docs/*.md and the man pages refer to is there: sections, files, make targets, commands; and the numbers of a
# row of the README stand in the section that it links to. Runs the commands with names that no host has, so nothing is touched.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh

pages="README.md $(echo docs/*.md)"
man_pages=$(echo docs/man/*.[1-8])

# none CLAIM FILE: a test that holds if the file is empty; its lines are shown
none()
{
	[ ! -s "$2" ]
	tap $? "$1"
	sed 's/^/# /' "$2"
}

# anchors PAGE: its headings, as a link writes them
anchors()
{
	awk '/^```/ { code = !code } !code && /^#+ / { sub(/^#+ /, ""); print tolower($0) }' "$1" |
		sed "s/[^a-z0-9_ -]//g; s/ /-/g"
}

# section PAGE ANCHOR: the text below that heading, to the next one
section()
{
	awk -v wanted="$2" '
		/^```/ { code = !code }
		!code && /^#+ / {
			name = tolower($0)
			sub(/^#+ /, "", name)
			gsub(/[^a-z0-9_ -]/, "", name)
			gsub(/ /, "-", name)
			is_in = name == wanted
		}
		is_in' "$1"
}

# shellcheck disable=SC2086 # words on purpose
for page in $pages; do
	for link in $(grep -oE '\]\([^) ]+\)' "$page" | sed 's/^](//; s/)$//' | grep -v '^https*:'); do
		target=${link%%#*}
		file=$page
		[ -z "$target" ] || file=$(dirname "$page")/$target
		if [ ! -e "$file" ]; then
			echo "$page: $link: no such file"
		elif [ "$link" != "${link#*#}" ]; then
			anchors "$file" | grep -qxF -- "${link#*#}" || echo "$page: $link: no such heading"
		fi
	done
done >"$out/links"
none "every link of the documents leads somewhere" "$out/links"

# A name in backquotes that has a folder of ours or the ending of a source; with a star it stands for several.
# shellcheck disable=SC2086 # words on purpose
{
	grep -ohE '`[a-z0-9_./*-]+`' $pages | tr -d '`' |
		grep -E '^(core|kernel|user|bpf|lab|tests|bench|packaging|docs|scenarios)/|^[^/].*[a-z_*]\.(c|h|sh|scenario)$'
	grep -ohE '(docs|kernel|packaging)/[A-Za-z0-9_./-]+[a-z]' $man_pages
} | sort -u | while read -r name; do
	ls -d $name >/dev/null 2>&1 || find core kernel user bpf lab tests bench packaging -path "*/$name" | grep -q . || echo "$name"
done >"$out/names"
none "every file that the documents name is there" "$out/names"

make -s --no-print-directory help >"$out/help"
# shellcheck disable=SC2086 # words on purpose
grep -ohE '(^    |`)make [a-z][a-z-]+|`(check|bench)-[a-z-]+`' $pages | tr -d '`' | sed 's/.*make //' | sort -u | while read -r target; do
	case $target in
	build) ;;
	*) grep -q "^  make $target " "$out/help" || echo "make $target" ;;
	esac
done >"$out/targets"
none "every make target that the documents name is in make help" "$out/targets"

# Each command line, with names of a device, a host and files that are not there.
# shellcheck disable=SC2086 # words on purpose
{
	sed -nE 's/^    (build\/)?sluice ([a-z])/sluice \2/p' $pages | sed 's/   .*//'
	sed 's/\\-/-/g; s/\\fR//g' $man_pages | sed -nE 's/^(\.BR? "?| +)?(sluice [a-z-]+ [^"]*)("[^"]*)?$/\2/p' |
		grep -E ' (eth0|bond0|192\.0\.2\.[0-9])( |$)' | sed 's/ |.*//'
} | sed 's/ && /\n/g; s/; */\n/g' | grep -E '^sluice [a-z]' |
	sed -E 's/(eth0|bond0|DEV)\b/nosuchdevice0/g; s/\b(HOST|192\.0\.2\.2)( |$)/nosuchhost.invalid\2/; s/=RTT/=10ms/; s/ lab run [a-z-]+/& --kernel nosuchfolder/' |
	sort -u >"$out/commands"
mkdir "$out/empty"
case $sluice in /*) ;; *) sluice=$(pwd)/$sluice ;; esac
(
	cd "$out/empty" || exit
	while read -r words; do
		# shellcheck disable=SC2086 # words on purpose
		eval "timeout -s KILL 1 $sluice ${words#sluice }" </dev/null >../stdout 2>../stderr
		[ $? != 2 ] || echo "$words: $(head -n 1 ../stderr)"
	done <"$out/commands"
) >"$out/wrong"
[ "$(wc -l <"$out/commands")" -ge 40 ]
tap $? "the documents have 40 command lines and more"
none "none of them is wrong usage" "$out/wrong"

grep -E '^\| .*\]\(docs/[a-z]*\.md#' README.md | sed -E 's/^\| \[[^]]*\]\(([^#]*)#([^)]*)\)/\1 \2 /' >"$out/rows"
while read -r page anchor cells; do
	section "$page" "$anchor" >"$out/section"
	for number in $(echo "$cells" | grep -oE '[0-9]+(\.[0-9]+)?'); do
		grep -qE "(^|[^0-9.])$(echo "$number" | sed 's/\./\\./')([^0-9]|\$)" "$out/section" || echo "$page#$anchor: $number"
	done
done <"$out/rows" >"$out/numbers"
[ "$(wc -l <"$out/rows")" -ge 5 ]
tap $? "the README says in rows where it loses"
none "the numbers of each of these rows stand in the section that it links to" "$out/numbers"
tap_end
