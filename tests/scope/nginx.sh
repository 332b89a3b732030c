#!/bin/sh
# nginx.sh: prints where nginx is. Where it is not installed its package is fetched and unpacked, because installing it would start
# a web server on this host. Exit code 3: it cannot be had.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
# shellcheck source=lab/bootstrap.sh
. lab/bootstrap.sh

for f in "$(command -v nginx)" /usr/sbin/nginx "$cache/nginx/usr/sbin/nginx"; do
	[ -x "$f" ] && "$f" -v 2>/dev/null && echo "$f" && exit 0
done
mkdir -p "$cache/nginx" && cd "$cache/nginx" || exit 3
for try in without with; do
	[ "$try" = without ] || apt-get -q update >&2
	apt-get -q -y download nginx >&2 && dpkg-deb -x nginx_*.deb . && rm -f nginx_*.deb && break
done
[ -x usr/sbin/nginx ] || not_here "the package nginx cannot be fetched"
echo "$cache/nginx/usr/sbin/nginx"
