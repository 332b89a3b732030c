// SPDX-License-Identifier: GPL-2.0
/*
 * fault stamper DEV [NAME [tcx]]: from now on every packet that leaves DEV
 * carries the time of CLOCK_REALTIME and no word about the clock, as a careless
 * BPF program leaves it. DEV must have a clsact qdisc, unless the program is
 * attached by tcx (Linux 6.6). The kernel's own forwarding paths clear such
 * stamps, so this is the sure way to meet one. NAME is the program's ("stamp").
 */
#include "fault.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* r1 is the packet: *(u64 *)(r1 + tstamp) = now; return TC_ACT_OK. */
static int program_load(const char *name)
{
	uint64_t now = (uint64_t)clock_now_ns(CLOCK_REALTIME);
	struct bpf_insn program[] = {
		{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = BPF_REG_2,
		  .imm = (int32_t)now },
		{ .imm = (int32_t)(now >> 32) },
		{ .code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_1,
		  .src_reg = BPF_REG_2,
		  .off = offsetof(struct __sk_buff, tstamp) },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0,
		  .imm = TC_ACT_OK },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = { 0 };
	long fd;

	attr.prog_type = BPF_PROG_TYPE_SCHED_CLS;
	attr.insns = (uintptr_t)program;
	attr.insn_cnt = sizeof(program) / sizeof(program[0]);
	attr.license = (uintptr_t)"GPL";
	strncpy(attr.prog_name, name, sizeof(attr.prog_name) - 1);
	fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd < 0)
		die("cannot load the program");
	return (int)fd;
}

/* In headers from Linux 6.6 on. */
#define ATTACH_TCX_EGRESS 47

static void tcx_attach(int device, int program)
{
	union bpf_attr attr = { 0 };

	attr.target_fd = (uint32_t)device;
	attr.attach_bpf_fd = (uint32_t)program;
	attr.attach_type = ATTACH_TCX_EGRESS;
	if (syscall(SYS_bpf, BPF_PROG_ATTACH, &attr, sizeof(attr)))
		die("cannot attach the program by tcx");
}

int main_stamper(int argc, char **argv)
{
	struct fault_attrs attrs = { 0 };
	struct fault_request request = {
		.type = RTM_NEWTFILTER,
		.flags = NLM_F_CREATE,
		.parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS),
		.info = TC_H_MAKE(1 << 16, htons(ETH_P_ALL)),
		.kind = "bpf",
		.options_type = TCA_OPTIONS | NLA_F_NESTED,
	};
	const char *name = argc > 1 ? argv[1] : "stamp";
	int program, err;

	if (argc < 1 || argc > 3)
		return 2;
	program = program_load(name);
	if (argc == 3) {
		tcx_attach(device_index(argv[0]), program);
		return 0;
	}
	attrs_put_number(&attrs, TCA_BPF_FD, (uint64_t)program, 4);
	attrs_put(&attrs, TCA_BPF_NAME, name, strlen(name) + 1);
	attrs_put_number(&attrs, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT, 4);
	request.ifindex = device_index(argv[0]);
	request.options = attrs.data;
	request.options_bytes = attrs.bytes;
	err = qdisc_talk(&request, NULL);
	errno = -err;
	if (err)
		die("cannot attach the program");
	return 0;
}
