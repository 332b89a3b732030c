// SPDX-License-Identifier: GPL-2.0
/*
 * cost_profile SYMBOLS: reads what QEMU logs (exec,nochain,in_asm) of a machine
 * that sends over cost_wire and prints where its instructions went, per packet
 * that the device was given. SYMBOLS is the machine's /proc/kallsyms.
 *
 * QEMU logs each block of instructions that it translates, and each block that
 * it runs. Calls, returns and interrupts are followed on a stack of functions,
 * and an instruction counts for the nearest function of the list below. What
 * no function of it encloses ran outside the kernel.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNIT		"wire_start_xmit"
#define BLOCKS		(1u << 20)
#define DEPTH_MAX	2048u
#define FUNCTIONS_SHOWN	40u

static const struct {
	const char *function;
	const char *part;
} parts[] = {
	{ "asm_sysvec_apic_timer_interrupt", "timers and interrupts" },
	{ "error_entry", "timers and interrupts" },
	{ "sync_regs", "timers and interrupts" },
	{ "sysvec_apic_timer_interrupt", "timers and interrupts" },
	{ "__sysvec_apic_timer_interrupt", "timers and interrupts" },
	{ "hrtimer_interrupt", "timers and interrupts" },
	{ "__irq_exit_rcu", "timers and interrupts" },
	{ "irqentry_exit", "timers and interrupts" },
	{ "native_irq_return_iret", "timers and interrupts" },
	{ "hrtimer_start_range_ns", "timers and interrupts" },
	{ "qdisc_watchdog_schedule_range_ns", "timers and interrupts" },
	{ "handle_softirqs", "softirqs" },
	{ "__qdisc_run", "from the qdisc to the driver" },
	{ "sluice_enqueue", "the qdisc" },
	{ "sluice_dequeue", "the qdisc" },
	{ "sluice_dequeue_due", "the qdisc" },
	{ "fq_enqueue", "the qdisc" },
	{ "fq_dequeue", "the qdisc" },
	{ "__skb_gso_segment", "the cut" },
	{ "napi_consume_skb", "freeing packets" },
	{ "wire_start_xmit", "the device of the bench" },
	{ "wire_interrupt", "the device of the bench" },
	{ "wire_poll", "the device of the bench" },
	{ "napi_gro_receive", "receiving acknowledgements" },
	{ "napi_complete_done", "receiving acknowledgements" },
	{ "tcp_v4_rcv", "receiving acknowledgements" },
	{ "tcp_write_xmit", "TCP" },
	{ "tcp_wfree", "TCP" },
	{ "tcp_sendmsg", "TCP" },
	{ "entry_SYSCALL_64", "system calls and the scheduler" },
	{ "schedule", "system calls and the scheduler" },
};

#define N_PARTS (sizeof(parts) / sizeof(parts[0]))

struct symbol {
	uint64_t address;
	char *name;
	uint64_t instructions;
	uint64_t calls;
	int part;		/* index + 1, 0: none */
};

enum ending { FLOWS_ON, CALLS, RETURNS, ENDS_INTERRUPT };

struct block {
	uint64_t address;
	uint64_t flags;
	uint64_t end;
	uint32_t instructions;
	enum ending ending;
	struct symbol *symbol;
};

struct frame {
	struct symbol *symbol;
	uint64_t returns_to;	/* 0: an interrupt or system call */
	int part;
};

static struct symbol *symbols;
static size_t n_symbols;
static struct block blocks[BLOCKS];
static struct frame frames[DEPTH_MAX];
static size_t depth;
static uint64_t part_instructions[N_PARTS + 1];

static int symbol_order(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

static int symbol_cost_order(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return x->instructions > y->instructions ? -1 :
	       x->instructions < y->instructions;
}

static void symbol_add(uint64_t address, const char *name)
{
	struct symbol *symbol;
	size_t i;

	symbols = realloc(symbols, (n_symbols + 1) * sizeof(*symbols));
	if (!symbols)
		exit(1);
	symbol = &symbols[n_symbols++];
	memset(symbol, 0, sizeof(*symbol));
	symbol->address = address;
	symbol->name = strdup(name);
	for (i = 0; i < N_PARTS; i++)
		if (!strcmp(name, parts[i].function))
			symbol->part = (int)i + 1;
}

static bool symbols_read(const char *path)
{
	FILE *file = fopen(path, "r");
	char line[1024], type, name[512];
	unsigned long long address;

	symbol_add(0, "[user]");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%llx %c %511s", &address, &type, name) == 3 &&
		    address >> 47 && strchr("tTwW", type) &&
		    strncmp(name, "__pfx_", 6))
			symbol_add(address, name);
	if (file)
		fclose(file);
	qsort(symbols, n_symbols, sizeof(*symbols), symbol_order);
	return n_symbols > 1;
}

static struct symbol *symbol_of(uint64_t address)
{
	size_t low = 0, high = n_symbols;

	if (!(address >> 47))
		return &symbols[0];
	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (symbols[middle].address <= address)
			low = middle;
		else
			high = middle;
	}
	return &symbols[low];
}

/* The same instructions are translated again for other flags: icount's limits. */
static struct block *block_of(uint64_t address, uint64_t flags)
{
	uint64_t hash = (address ^ flags << 20) * 0x9e3779b97f4a7c15ull;
	size_t i = hash >> 44;

	while (blocks[i].address &&
	       (blocks[i].address != address || blocks[i].flags != flags))
		i = (i + 1) % BLOCKS;
	blocks[i].address = address;
	blocks[i].flags = flags;
	return &blocks[i];
}

static void frame_push(struct symbol *symbol, uint64_t returns_to)
{
	int part = symbol->part;

	if (depth == DEPTH_MAX)
		depth = 0;
	if (!part && depth)
		part = frames[depth - 1].part;
	frames[depth++] = (struct frame){ symbol, returns_to, part };
	symbol->calls++;
}

static void frames_return(uint64_t address)
{
	size_t i = depth;

	while (i && frames[i - 1].returns_to != address)
		i--;
	/* Nobody called from there: another task runs now. */
	depth = i ? i - 1 : 0;
}

static void frames_end_interrupt(void)
{
	while (depth && frames[depth - 1].returns_to)
		depth--;
	if (depth)
		depth--;
}

static bool is_entry(const struct symbol *symbol)
{
	return !strncmp(symbol->name, "asm_", 4) ||
	       !strncmp(symbol->name, "entry_SYSCALL", 13);
}

static void block_run(struct block *block, const struct block *before)
{
	struct symbol *symbol = block->symbol;
	bool is_start = block->address == symbol->address;

	if (is_start && is_entry(symbol)) {
		frame_push(symbol, 0);
	} else if (before->ending == CALLS) {
		frame_push(symbol, before->end);
	} else if (before->ending == RETURNS) {
		frames_return(block->address);
	} else if (before->ending == ENDS_INTERRUPT) {
		frames_end_interrupt();
	} else if (is_start && depth && frames[depth - 1].symbol != symbol) {
		/* A jump to another function: that one returns instead. */
		depth--;
		frame_push(symbol, frames[depth].returns_to);
	}
	if (!(block->address >> 47))
		depth = 0;
	if (!depth)
		frame_push(symbol, 1);
	symbol->instructions += block->instructions;
	part_instructions[frames[depth - 1].part] += block->instructions;
}

/* "0xffffffff81000000:  48 8b 05 ...  movq ..." */
static void instruction_read(struct block *block, const char *line)
{
	char *rest;
	uint64_t address = strtoull(line, &rest, 16);
	uint64_t bytes = 0;

	if (*rest++ != ':')
		return;
	if (!block->instructions++)
		block->address = address;
	for (;; bytes++, rest += 2) {
		while (*rest == ' ')
			rest++;
		if (!isxdigit((unsigned char)rest[0]) ||
		    !isxdigit((unsigned char)rest[1]) || rest[2] != ' ')
			break;
	}
	block->end = address + bytes;
	if (!strncmp(rest, "call", 4))
		block->ending = CALLS;
	else if (!strncmp(rest, "ret", 3))
		block->ending = RETURNS;
	else if (!strncmp(rest, "iret", 4) || !strncmp(rest, "sysret", 6))
		block->ending = ENDS_INTERRUPT;
	else
		block->ending = FLOWS_ON;
}

static void log_read(void)
{
	struct block new = { 0 }, before = { 0 };
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, stdin) > 0) {
		unsigned long long address, flags;
		struct block *block;

		if (!strncmp(line, "IN:", 3))
			memset(&new, 0, sizeof(new));
		else if (!strncmp(line, "0x", 2))
			instruction_read(&new, line);
		if (sscanf(line, "Trace %*d: %*s [%*x/%llx/%*x/%llx]", &address,
			   &flags) != 2)
			continue;
		block = block_of(address, flags);
		if (new.instructions && new.address == address) {
			*block = new;
			block->flags = flags;
			block->symbol = symbol_of(address);
		}
		memset(&new, 0, sizeof(new));
		if (!block->instructions)
			continue;
		block_run(block, &before);
		before = *block;
	}
	free(line);
}

int main(int argc, char **argv)
{
	double packets = 0;
	size_t i, j;

	if (argc != 2)
		return 2;
	if (!symbols_read(argv[1])) {
		fprintf(stderr, "cost_profile: no symbols in %s\n", argv[1]);
		return 1;
	}
	log_read();
	for (i = 0; i < n_symbols; i++)
		if (!strcmp(symbols[i].name, UNIT))
			packets += (double)symbols[i].calls;
	if (packets < 1) {
		fprintf(stderr, "cost_profile: no packet was sent\n");
		return 1;
	}
	printf("instructions per packet, %.0f packets\n", packets);
	for (i = 0; i < N_PARTS; i++) {
		uint64_t all = 0;

		if (i && !strcmp(parts[i].part, parts[i - 1].part))
			continue;
		for (j = 0; j < N_PARTS; j++)
			if (!strcmp(parts[i].part, parts[j].part))
				all += part_instructions[j + 1];
		printf("%8.0f  %s\n", (double)all / packets, parts[i].part);
	}
	printf("%8.0f  outside of these\n\n", (double)(part_instructions[0] -
	       symbols[0].instructions) / packets);
	qsort(symbols + 1, n_symbols - 1, sizeof(*symbols), symbol_cost_order);
	for (i = 1; i < n_symbols && i <= FUNCTIONS_SHOWN; i++)
		printf("%8.0f %7.2f  %s\n",
		       (double)symbols[i].instructions / packets,
		       (double)symbols[i].calls / packets, symbols[i].name);
	return 0;
}
