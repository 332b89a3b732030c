# plan-stamps.sh: `sluice scope` by the stamps of a NIC (tests/qemu/nic/stamping_nic.c), whose frames are 10 us apart and come 40 to an
# interrupt: what its stamps say is known to the nanosecond, and is not what the kernel's say.
# shellcheck shell=sh disable=SC2154 # variables of guest.sh

# shellcheck source=tests/qemu/nic.sh
. tests/qemu/nic.sh
gap_ns=10000 frames=1000
# HWTSTAMP_TX_…, HWTSTAMP_FILTER_…, and how often somebody has asked for any.
switch_is() { equal "$(state tx_type) $(state rx_filter) $(state sets)" "$*"; }
scope_ended() { ! kill -0 $scope 2>/dev/null; }

# look WORD...: a scope of what the NIC receives, from here on.
look()
{
	rm -f "$tmp/look" "$tmp/look.err"
	sluice scope wire:stamped0 --json --interval 250ms "$@" >"$tmp/look" 2>"$tmp/look.err" &
	scope=$!
	while [ ! -s "$tmp/look" ] && ! scope_ended; do sleep 0.1; done
}

# look_end CODE SIGNAL: all that has been sent is there; checks how it ends.
look_end()
{
	while [ "$(state left)" != 0 ]; do sleep 0.1; done
	sleep 0.5
	[ "$2" = none ] || kill -s "$2" $scope
	check "stamps, $what: the scope ends with exit code $1" code_is "$1" wait $scope
}

# looked WORD...: a scope with these, which sees a run of frames.
looked()
{
	look "$@"
	echo "send $frames $gap_ns 40" >$nic
	look_end 0 INT
}

# says CLAIM EXPRESSION: of the last line: $_ is it, $v the vantage, $in what was received, $gap its gaps.
says()
{
	check "stamps, $what: $1" perl -MJSON::PP -e '
		my @lines = <STDIN>;
		$_ = decode_json($lines[-1]);
		my $all = $_->{vantages}[0];
		my $v = $all->{vantage};
		my ($in) = grep { $_->{direction} eq "in" } @{$all->{directions}};
		my $gap = $in->{metrics}{gap};
		print encode_json({ %$v, %$gap, pkts => $all->{pkts}, map { $_ => $all->{$_} } grep { !ref $all->{$_} } keys %$all }), "\n";
		exit !('"$2"');
	' <"$tmp/look"
}

# refused SENTENCE WORD...: with exit code 3, and nothing is asked of the NIC.
refused()
{
	sentence=$1
	shift
	sets=$(state sets)
	check "stamps, $what: refused" code_is 3 sh -c 'sluice scope wire:stamped0 --for 1s "$@" 2>"$0"' "$tmp/refused" "$@"
	check "stamps, $what: says why" grep -q "$sentence" "$tmp/refused"
	check "stamps, $what: asks nothing of the NIC" equal "$(state sets)" "$sets"
}

# has_closed_form: what is known of the frames.
has_closed_form()
{
	says "all frames, each gap as it was, to the nanosecond" '$all->{pkts} == '$frames' && $gap->{gaps} == '$frames' - 1 && $gap->{min_ns} == '$gap_ns' && $gap->{max_ns} == '$gap_ns' && $gap->{cov} == 0'
	says "as long as they took" '$all->{duration_ns} == '$((frames * gap_ns))
	says "said to be of the NIC, by its clock" '$v->{stamp_class} eq "hardware" && $v->{clock} eq "ptp'"$(state clock)"'" && $v->{resolution_ns} == 1 && $v->{uncertainty_ns} == 100 && !$v->{is_coalesced}'
	says "all stamped, none backward" '$_->{unstamped_pkts} == 0 && $_->{missed_pkts} == 0 && $all->{backward_stamps_pkts} == 0'
}

insmod "$out/stamping_nic.ko"
ip address add 10.9.9.1/24 dev stamped0
ip link set stamped0 up

what='not asked'
looked
says "the kernel's stamps show the interrupts" '$all->{pkts} == '$frames' && $v->{stamp_class} ne "hardware" && $gap->{cov} > 1 && $gap->{min_ns} < '$gap_ns' && $gap->{max_ns} > 10 * '$gap_ns
check "stamps, $what: nothing is switched on" switch_is 0 0 0

what='off'
refused 'is switched off: --switch-stamps-on' --stamps hardware
knob ptp_only 1
what='PTP alone'
refused 'those of PTP or the like alone' --stamps hardware --switch-stamps-on
knob ptp_only 0
knob no_clock 1
what='no clock'
refused 'does not tell which clock' --stamps hardware --switch-stamps-on
knob no_clock 0
knob no_get 1
what='unknown switch'
refused 'does not tell whether its NIC stamps' --stamps hardware --switch-stamps-on
knob no_get 0
check "stamps: so far nobody has switched anything" switch_is 0 0 0

what='switched on'
look --stamps hardware --switch-stamps-on
check "stamps, $what: while it looks" switch_is 0 1 1
echo "send $frames $gap_ns 40" >$nic
look_end 0 INT
has_closed_form
says "times are those of the host" 'abs($all->{start_real_ns} / 1e9 - time) < 3600 && abs($v->{clock_ahead_ns} / 1e9 + time - 1e9) < 1e6'
check "stamps, $what: and off again" switch_is 0 0 2

what='killed'
look --stamps hardware --switch-stamps-on
kill -s KILL $scope
wait $scope
sleep 1
check "stamps, $what: off again" switch_is 0 0 4

what='two scopes'
look --stamps hardware --switch-stamps-on
first=$scope
mv "$tmp/look" "$tmp/first"
look --stamps hardware --switch-stamps-on
kill -s KILL $first
wait $first
sleep 1
check "stamps, $what: the one that has switched is killed, and the other goes on" switch_is 0 1 5
echo "send $frames $gap_ns 40" >$nic
look_end 0 INT
has_closed_form
check "stamps, $what: which puts it back" switch_is 0 0 6
check "stamps, $what: and leaves nothing" [ -z "$(find /run/sluice -name 'stamps.*' 2>/dev/null)" ]

what='somebody else'
look --stamps hardware --switch-stamps-on
echo 'config 1 1' >$nic
look_end 0 INT
check "stamps, $what: what he has set meanwhile stays" switch_is 1 1 7
# Of a packet of PTP (HWTSTAMP_FILTER_PTP_V2_EVENT), as ptp4l has it; what it sends stays stamped.
echo 'config 1 12' >$nic
refused 'stamps only some' --stamps hardware
look --stamps hardware --switch-stamps-on
check "stamps, $what: his own are stamped on" switch_is 1 1 8
look_end 0 TERM
check "stamps, $what: and as before then" switch_is 1 12 9
knob no_set 1
check "stamps, $what: a driver that does something else is refused" code_is 3 sluice scope wire:stamped0 --for 1s --stamps hardware --switch-stamps-on
knob no_set 0
check "stamps, $what: and left as it was" equal "$(state tx_type) $(state rx_filter)" '1 12'

echo 'config 0 1' >$nic
sets=$(state sets)
what='on'
looked --stamps hardware --record "$tmp/stamps.pcapng"
has_closed_form
check "stamps, $what: the switch is not touched" equal "$(state tx_type) $(state rx_filter) $(state sets)" "0 1 $sets"
check "stamps, recording: says which clock" grep -qa "stamps: hardware, .*times are of the NIC's clock ptp$(state clock), which was -[0-9]* ns " "$tmp/stamps.pcapng"
sluice scope "$tmp/stamps.pcapng" --json | tr -d '\n' >"$tmp/look"
what=recording
says "each gap as it was" '$gap->{gaps} == '$frames' - 1 && $gap->{min_ns} == '$gap_ns' && $gap->{max_ns} == '$gap_ns
says "by the NIC's clock" 'abs($all->{start_real_ns} / 1e9 - 1e9) < 1e6'

what='two queues'
knob swaps 1
looked --stamps hardware
has_closed_form
knob swaps 0

what='each tenth without'
knob unstamped_nth 10
look --stamps hardware --record "$tmp/tenth.pcapng" --report "$tmp/tenth.html" --fail-if 'gap_cov>9'
echo "send $frames $gap_ns 40" >$nic
look_end 1 INT
check "stamps, $what: what fails is not known" grep -q "$((frames / 10)) packets were not seen, so it is not known$" "$tmp/look.err"
check "stamps, $what: the recording says how many" grep -qa "not stamped by the NIC, and not here: $((frames / 10))" "$tmp/tenth.pcapng"
check "stamps, $what: so does the page" grep -q "[^0-9]$((frames / 10)) packets were not stamped by the card and are in no figure" "$tmp/tenth.html"
check "stamps, $what: which names the clock" grep -q "<dt>Clock</dt><dd>ptp$(state clock) of the network card" "$tmp/tenth.html"
says "is counted, and in no figure" '$_->{unstamped_pkts} == '$((frames / 10))' && $all->{pkts} == '$((frames * 9 / 10))' && $all->{unseen_pkts} == '$((frames / 10))' && !defined $gap'
knob unstamped_nth 0

what='addresses for stamps'
knob has_cookies 1
looked --stamps hardware
says "are none" '$_->{unstamped_pkts} == '$frames' && $all->{pkts} == 0'
knob has_cookies 0

for step in 5000000000 -5000000000 50000000; do
	what="clock set by $step ns"
	look --stamps hardware
	echo "send $frames $gap_ns 40" >$nic
	while [ "$(state left)" != 0 ]; do sleep 0.1; done
	sleep 0.5
	echo "step $step" >$nic
	echo "send $frames $gap_ns 40" >$nic
	look_end 1 none
	check "stamps, $what: it says so" grep -q 'the clock of the NIC was set' "$tmp/look.err"
	says "the figures are of the time before" '$all->{pkts} == '$frames' && $gap->{max_ns} == '$gap_ns' && $_->{ended_early} =~ /clock of the NIC/'
done

what=gone
look --stamps hardware
echo "send $frames $gap_ns 40" >$nic
while [ "$(state left)" != 0 ]; do sleep 0.1; done
check "stamps, $what: the NIC and its clock go while a scope looks" rmmod stamping_nic
check "stamps, $what: the scope ends with exit code 1" code_is 1 wait $scope
says "all that came before is there" '$all->{pkts} == '$frames' && $gap->{max_ns} == '$gap_ns' && $_->{ended_early} =~ /device has gone/'
