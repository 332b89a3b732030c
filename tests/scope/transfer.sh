#!/bin/sh
# What pacing is for, on this machine's own kernel: nginx sends a file to curl twice at the same mean rate, once held to it by nginx
# (limit_rate), which leaves TCP to send bursts, and once by TCP (SO_MAX_PACING_RATE). The highest millisecond tells them apart. Two
# network namespaces joined by a veth pair; needs root.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh
# shellcheck source=tests/scope/net.sh
. tests/scope/net.sh

rate_bytes_ps=25000000
file_bytes=20000000
# The highest millisecond over the mean: pacing in steps of a super-packet of 64 KB stays below 4, since 25 MB/s are 25 KB a
# millisecond; a burst of limit_rate is a quarter of a second's bytes or more.
paced_max=4
unpaced_min=8

net_begin
nginx=$(sh tests/scope/nginx.sh 2>"$out/said") || { echo "Bail out! $(tail -n 1 "$out/said")"; exit 1; }
# Not BBR, which paces by itself. A namespace may always have this one.
here sysctl -q -w net.ipv4.tcp_congestion_control=reno
mkdir "$out/www" && head -c "$file_bytes" /dev/zero >"$out/www/file"
chmod 755 "$out"

# serve NAME LIMIT PACE: nginx with a limit of its own, or with one of TCP's.
serve()
{
	cat >"$out/$1.conf" <<-END
	daemon off;
	master_process off;
	user root;
	pid $out/$1.pid;
	error_log $out/$1.log;
	events { }
	http {
		access_log off;
		sendfile on;
		client_body_temp_path $out/t1; proxy_temp_path $out/t2; fastcgi_temp_path $out/t3;
		uwsgi_temp_path $out/t4; scgi_temp_path $out/t5;
		server { listen 10.9.0.1:8080; root $out/www; limit_rate $2; }
	}
	END
	PACE_BYTES_PS=$3 LD_PRELOAD=$PWD/build/tests/scope/pace.so ip netns exec "$here" "$nginx" -e "$out/$1.log" -c "$out/$1.conf" &
	server=$!
	net_started $server
	listening() { here ss -Hltn 'sport = 8080' | grep -q LISTEN; }
	tap_until listening
}

# measure NAME: what leaves while curl fetches the file, and how the fetching went.
measure()
{
	rm -f "$out/hold" && mkfifo "$out/hold"
	ip netns exec "$here" $show va out sandbox <"$out/hold" >"$out/$1" 2>&1 &
	looker=$!
	exec 9>"$out/hold"
	ready() { grep -qs '^ready' "$out/$1"; }
	tap_until ready "$1"
	ip netns exec "$there" curl -s -o /dev/null --max-time 30 -w '%{size_download} %{speed_download}\n' http://10.9.0.1:8080/file >"$out/$1.curl"
	exec 9>&-
	wait $looker
}

value() { sed -n "s/^\(.* \)\{0,1\}$2 \([0-9.]*\).*/\2/p" "$out/$1" | tail -n 1; }

# leg NAME: the file came whole, all of it was seen, and at the mean rate that was asked for, to a quarter.
leg()
{
	measure "$1"
	kill "$server" && wait "$server" 2>/dev/null
	read -r size speed <"$out/$1.curl"
	[ "$size" = "$file_bytes" ] && [ "$(value "$1" missed_pkts)" = 0 ] && [ "$(value "$1" payload_bytes)" -ge "$file_bytes" ]
	tap $? "$1: the file came whole, and all of it was seen"
	awk -v s="$speed" -v r="$rate_bytes_ps" 'BEGIN { exit !(s > 0.75 * r && s < 1.25 * r) }'
	tap $? "$1: at $speed of $rate_bytes_ps bytes/s"
}

serve unpaced "$rate_bytes_ps" 0
leg unpaced
serve paced 0 "$rate_bytes_ps"
leg paced
echo "# highest millisecond over the mean: unpaced $(value unpaced peak_to_mean_1ms), paced $(value paced peak_to_mean_1ms);" \
	"seen at $(sed -n 's/^ready \([^ ]* stamp [^ ]*\).*/\1/p' "$out/paced")"
awk -v a="$(value unpaced peak_to_mean_1ms)" -v min="$unpaced_min" 'BEGIN { exit !(a >= min) }'
tap $? "unpaced: its highest millisecond is $unpaced_min means or more"
awk -v a="$(value paced peak_to_mean_1ms)" -v max="$paced_max" 'BEGIN { exit !(a > 0 && a <= max) }'
tap $? "paced: at most $paced_max"
tap_end
