# plan-launch.sh: a NIC that keeps departures (offload_horizon), tests/qemu/nic/stamping_nic.c: what it is told, when each frame is to
# leave, to the nanosecond, and what is refused because it would go wrong.
# shellcheck shell=sh disable=SC2154 # variables of guest.sh

# shellcheck source=tests/qemu/nic.sh
. tests/qemu/nic.sh
is_switched() { equal "$(state is_launching) $(state launch_setups)" "$*"; }

# datagrams N: so many of 1038 bytes on the wire, of one socket. They go as fast as its buffer lets them.
datagrams()
{
	perl -MIO::Socket::INET -e '
		my $socket = IO::Socket::INET->new(Proto => "udp", PeerAddr => "10.9.9.2:9") or die;
		for (1 .. $ARGV[0]) { $socket->send("x" x 972) or die }' "$1"
	sleep 1
}

# refused SENTENCE WORD...: by `sluice on`, with exit code 1, and the NIC was not told.
refused()
{
	sentence=$1
	shift
	setups=$(state launch_setups)
	check "launch, $what: refused" code_is 1 sh -c 'sluice on stamped0 maxrate 80mbit "$@" 2>"$0"' "$tmp/refused" "$@"
	check "launch, $what: says why" grep -q "$sentence" "$tmp/refused"
	check "launch, $what: tells the NIC nothing" equal "$(state launch_setups)" "$setups"
}

insmod "$out/stamping_nic.ko"
ip address add 10.9.9.1/24 dev stamped0
ip link set stamped0 up
before=$(tree)
# What the NIC has allocated is older than Sluice, by more than it takes to read how old (leaks).
sleep 2
check 'launch: load' load

what='a clock of 2001'
refused "clock, /dev/ptp$(state clock), is .*s behind CLOCK_TAI.*: run 'phc2sys -c stamped0 -s CLOCK_REALTIME -O [0-9]*', or leave out offload_horizon" offload_horizon 1ms
echo tai >$nic
what='a NIC without'
knob no_launch 1
refused 'takes no launch times on this queue' offload_horizon 1ms
knob no_launch 0
what='no clock'
knob no_clock 1
refused 'tells no clock (PHC)' offload_horizon 1ms
knob no_clock 0
check 'launch: what was refused has changed nothing' equal "$(tree)" "$before"

what='on'
check "launch, $what" sluice on stamped0 maxrate 80mbit offload_horizon 10ms
check "launch, $what: the NIC was told" is_switched 1 1
steady datagrams 300
# 1038 bytes at 80 Mb/s. The timer fires a quarter of the horizon ahead: no processor of the emulator stops for as long.
check "launch, $what: each frame has its time, to the nanosecond" equal "$(state launched) $(state gap_min_ns) $(state gap_max_ns)" '300 103800 103800'
check "launch, $what: nearly all are with the NIC before it" [ "$(state kept)" -ge 280 ]
check "launch, $what: shows how many" equal "$(sluice show stamped0 --json | tr -d ' ,' | sed -n 's/^"offloaded_frames"://p' | awk '{ print ($1 >= 280 && $1 <= 300) }')" 1
sluice verify stamped0 --for 300ms --json >"$tmp/verified"
check "launch, $what: verify knows that a tap has no gaps there" grep -q '"departures_kept_by_device": true' "$tmp/verified"
sluice doctor stamped0 --json >"$tmp/doctor"
check "launch, $what: the doctor finds the clock right" grep -q 'it keeps departures up to 10ms ahead' "$tmp/doctor"

what='the clock is set meanwhile'
echo 'step 2000000000' >$nic
sluice doctor stamped0 --json >"$tmp/doctor"
check "launch, $what: the doctor says so" grep -q 'clock, /dev/ptp.*, is 2s ahead of CLOCK_TAI' "$tmp/doctor"
echo tai >$nic

what='changed while it sends'
echo forget >$nic
# Half a second of them.
datagrams 5000 &
sender=$!
i=0
while [ $i -lt 5 ]; do
	sluice on stamped0 offload_horizon off >/dev/null || break
	sluice on stamped0 offload_horizon $((i * 100 + 300))us >/dev/null || break
	i=$((i + 1))
done
wait $sender
check "launch, $what: each time" equal $i 5
check "launch, $what: the NIC was told" is_switched 1 11
# Between them timers make the gaps, and late ones are caught up. A frame without a time, or a time that goes back, is seconds off.
check "launch, $what: each frame has a time, in order" [ "$(state launched)" -gt 0 -a "$(state gap_max_ns)" -lt 1000000000 ]

what=replaced
check "launch, $what: by another sluice" tc qdisc replace dev stamped0 root handle 7: sluice maxrate 80mbit offload_horizon 1ms
check "launch, $what: the NIC goes on" equal "$(state is_launching)" 1

what=off
check "launch, $what" sluice off stamped0
check "launch, $what: the NIC was told" equal "$(state is_launching)" 0
check "launch, $what: puts back what was there" equal "$(tree)" "$before"

what='two queues of four'
rmmod stamping_nic
insmod "$out/stamping_nic.ko" tx_queues=4 launch_queues=2
ip link set stamped0 up
echo tai >$nic
before=$(tree)
check "launch, $what: refused" code_is 1 sh -c 'sluice on stamped0 maxrate 80mbit offload_horizon 1ms 2>"$0"' "$tmp/refused"
check "launch, $what: one sentence, with the queues and what to do ($(cat "$tmp/refused"))" equal "$(cat "$tmp/refused")" \
	"sluice on: stamped0: of its 4 queues 0 and 1 alone take launch times: run 'ethtool -L stamped0 combined 2', which leaves it those alone, or leave out offload_horizon"
check "launch, $what: nothing is changed" equal "$(state is_launching) $(tree)" "0 $before"
check "launch, $what: what was told to do" ethtool -L stamped0 combined 2
before=$(tree)
check "launch, $what: helps" sluice on stamped0 maxrate 80mbit offload_horizon 1ms
check "launch, $what: both have them" equal "$(state is_launching)" 2
check "launch, $what: off" sluice off stamped0
check "launch, $what: puts back what was there" equal "$(state is_launching) $(tree)" "0 $before"
rmmod stamping_nic
insmod "$out/stamping_nic.ko"
ip address add 10.9.9.1/24 dev stamped0
ip link set stamped0 up
echo tai >$nic

what=gone
check "launch, $what: on" sluice on stamped0 maxrate 80mbit offload_horizon 1ms
datagrams 100 &
sender=$!
sleep 0.01
check "launch, $what: the NIC goes while it keeps departures" rmmod stamping_nic
wait $sender
gone launch
