// SPDX-License-Identifier: GPL-2.0
/*
 * A stream against the rate it was to keep, where that is known in closed form:
 * MTIE and TDEV (ITU-T G.810) of a constant rate, a frequency offset, a step, a
 * sine and white noise, and by their definition the slow way; departure errors
 * and rate errors.
 */
#include <math.h>
#include <stdlib.h>

#include "../../user/lib/commanded.h"
#include "user_tap.h"

#define START_NS	1700000000000000000ull
#define RATE_BITS_PS	1000000000u
#define L		1250u		/* 10 us */
#define FRAME_NS	10000
/* The least of 10 us x 2^k that has eight full frames: 160 us, parts of 20 us. */
#define TAU_NS		160000u
#define FRAMES		16u		/* in it */
#define US		1000
#define MS		1000000

static struct sluice_commanded commanded;

static void begin(void)
{
	sluice_commanded_init(&commanded, RATE_BITS_PS, 1);
}

/* Frame i of the ideal stream, so much later. */
static void frame(uint64_t i, int64_t phase_ns)
{
	sluice_commanded_add(&commanded, START_NS + i * FRAME_NS +
			     (uint64_t)phase_ns, L);
}

static struct sluice_wander wander(uint32_t level)
{
	struct sluice_wander ret = { .mtie_ns = NAN };

	sluice_phase_wander(&commanded.phase, level, &ret);
	return ret;
}

static void tap_near(double got, double wanted, double error, const char *claim)
{
	if (!tap_ok(fabs(got - wanted) <= error, claim))
		printf("# got %.9g, wanted %.9g +- %.3g\n", got, wanted, error);
}

static double uniform(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return (double)((z ^ z >> 31) >> 11) / 9007199254740992.;
}

static void test_constant_rate(void)
{
	struct sluice_wander one;
	bool is_still = true;

	begin();
	for (uint64_t i = 0; i < 300000; i++)
		frame(i, 0);
	for (uint32_t k = 0; sluice_phase_wander(&commanded.phase, k, &one); k++)
		is_still &= one.mtie_ns == 0 && one.tdev_ns == 0;
	tap_ok(is_still, "constant rate: MTIE and TDEV are 0 for every tau");
	tap_u64(wander(14).tau_ns, 2621440000, "constant rate: of 3 s the last tau is 2.6 s");
	tap_ok(!sluice_phase_wander(&commanded.phase, 15, &one), "constant rate: there is none of 5.2 s");
	tap_ok(wander(12).has_tdev && !wander(13).has_tdev, "constant rate: TDEV has tau up to a third of the span");
	tap_u64(commanded.departure.exact, 300000, "constant rate: each frame is there when it is due");
	tap_u64(commanded.rate_errors[0].windows, 2, "constant rate: two seconds are over");
	tap_real(sluice_rate_errors_worst_ppm(&commanded.rate_errors[0]), 0, "constant rate: no second is off");
	tap_u64(commanded.rate_errors[1].windows, 29, "constant rate: 29 times 100 ms");
	tap_real(sluice_rate_errors_worst_ppm(&commanded.rate_errors[1]), 0, "constant rate: none is off");
	sluice_commanded_done(&commanded);
}

/* 100 ppm too slow: each frame 1 ns later than the one before. */
static void test_offset(void)
{
	begin();
	for (uint64_t i = 0; i < 300000; i++)
		frame(i, (int64_t)i);
	for (uint32_t k = 0; k < 13; k++) {
		tap_real(wander(k).mtie_ns, FRAMES << k, "frequency offset: MTIE is offset x tau");
		tap_near(wander(k).tdev_ns, 0, 1e-6, "frequency offset: TDEV is 0");
	}
	tap_near(sluice_rate_errors_worst_ppm(&commanded.rate_errors[0]), -100, 0.02, "frequency offset: the worst second is 100 ppm slow");
	tap_near(commanded.rate_errors[1].max_ppm, -100, 0.02, "frequency offset: each 100 ms is");
	tap_u64(commanded.pauses, 1, "frequency offset: once it is 262 us behind, which counts as a pause");
	tap_u64(commanded.departure.late.max, 262144, "frequency offset: up to there frames are late");
	sluice_commanded_done(&commanded);
}

/* From frame 1600 on everything is 50 us late. */
static void test_step(void)
{
	double sum = 0;

	begin();
	for (uint64_t i = 0; i < 3200; i++)
		frame(i, i < 1600 ? 0 : 50 * US);
	tap_real(wander(0).mtie_ns, 50 * US, "step: MTIE is its height");
	tap_real(wander(5).mtie_ns, 50 * US, "step: for every tau");
	/* second difference with the step at u eighths of three tau from the end */
	for (int u = 1; u < 24; u++) {
		double x = u / 8.;	/* X3, X2, X1 have this much behind it */
		double d = fmin(x, 1) - 2 * fmin(fmax(x - 1, 0), 1) +
			   fmax(x - 2, 0);

		sum += d * d * 2.5e9;
	}
	tap_real(wander(0).tdev_ns, sqrt(sum / 6 / (3200 / 2 - 23)), "step: TDEV is that of the windows it lies in");
	tap_u64(commanded.departure.exact, 1600, "step: before it none is late");
	tap_u64(commanded.departure.late.count, 1600, "step: behind it all are");
	tap_u64(commanded.departure.late.min, 50 * US, "step: by its height");
	tap_u64(commanded.over_frame.max, 5000, "step: which is five frames");
	sluice_commanded_done(&commanded);
}

/* Phase A sin(2 pi f T), f with 4096 frames a turn. */
static void test_sine(void)
{
	const double height_ns = 1000, turn = 4096, pi = acos(-1);

	begin();
	for (uint64_t i = 0; i < 400 * 4096; i++)
		frame(i, (int64_t)lround(height_ns * (1 + sin(2 * pi * (double)i / turn))));
	for (uint32_t k = 0; k < 10; k++) {
		double tau = (FRAMES << k) / turn, angle = pi * tau;

		/* windows begin at each eighth of tau: up to 1/16 off the steepest place */
		tap_near(wander(k).mtie_ns, 2 * height_ns * (tau < .5 ? sin(angle) : 1),
			 2 * height_ns * (1 - cos(angle / 8)) + 1.1, "sine: MTIE is 2 A sin(pi f tau), from half a turn on 2 A");
		tap_near(wander(k).tdev_ns, 2 / sqrt(3) * height_ns *
			 fabs(pow(sin(angle), 3)) / angle, .05 + 2e-4 * height_ns,
			 "sine: TDEV is 2 / sqrt 3 A |sin^3(pi f tau)| / (pi f tau)");
	}
	sluice_commanded_done(&commanded);
}

/* Each frame anywhere in the 8 us behind its time. */
static void test_white(void)
{
	const double sd_ns = 8000 / sqrt(12), frames = 1 << 20;
	uint64_t state = 5;

	begin();
	for (uint64_t i = 0; i < 1 << 20; i++)
		frame(i, i ? (int64_t)(uniform(&state) * 8000) : 0);
	for (uint32_t k = 0; k < 9; k++) {
		double n = FRAMES << k;
		/* terms that share no window: of the variance sqrt(2 / terms); 3.3 sd */
		double band = 3.3 * .5 * sqrt(2 / (frames / (3 * n)));

		tap_near(wander(k).tdev_ns / (sd_ns / sqrt(n)), 1, band, "white noise: TDEV is sd / sqrt(tau / tau_0) inside the 99.9 % band");
	}
	tap_near(wander(3).mtie_ns, 8000, 1, "white noise: MTIE is all that it is wide");
	tap_u64(commanded.departure.late.count + commanded.departure.exact, 1 << 20, "white noise: none is early");
	tap_near((double)sluice_hist_quantile(&commanded.departure.late, 990000), 7920, 80, "white noise: late by 99 % of its width at p99");
	sluice_commanded_done(&commanded);
}

/* Frames of many lengths at random times: against the definition. */
static void test_definition(void)
{
	enum { PKTS = 30000, PARTS = 1 << 15 };
	static double x[PKTS], from[PKTS + 1];
	static struct { double first, min, max, mean; } part[PARTS];
	uint64_t state = 11, time_ns = START_NS, parts;
	double part_ns = TAU_NS / 8;

	begin();
	for (int i = 0; i < PKTS; i++) {
		uint32_t bytes = 84 + (uint32_t)(uniform(&state) * 1454);

		sluice_commanded_add(&commanded, time_ns, bytes);
		x[i] = (double)(time_ns - START_NS) - from[i];
		from[i + 1] = from[i] + bytes * 8;
		time_ns += (uint64_t)(uniform(&state) * 2 * bytes * 8);
	}
	parts = (uint64_t)(from[PKTS] / part_ns);
	for (uint64_t p = 0, i = 0; p < parts; p++) {
		double begins = (double)p * part_ns, ends = begins + part_ns;

		while (from[i + 1] <= begins)
			i++;
		part[p].first = part[p].min = part[p].max = x[i];
		for (uint64_t k = i; k < PKTS && from[k] < ends; k++) {
			part[p].min = fmin(part[p].min, x[k]);
			part[p].max = fmax(part[p].max, x[k]);
			part[p].mean += x[k] * (fmin(from[k + 1], ends) -
						fmax(from[k], begins)) / part_ns;
		}
	}
	for (uint32_t k = 0; k < 6; k++) {
		uint64_t step = 1u << k, tau = 8 * step, terms = 0;
		double mtie = 0, sum = 0;

		for (uint64_t p = 0; p + tau < parts; p += step) {
			double min = part[p + tau].first, max = min;

			for (uint64_t i = p; i < p + tau; i++) {
				min = fmin(min, part[i].min);
				max = fmax(max, part[i].max);
			}
			/* the next part's begin is known when all of it is over */
			if (p + tau + step <= parts)
				mtie = fmax(mtie, max - min);
		}
		for (uint64_t p = 0; p + 3 * tau <= parts; p += step) {
			double term = 0;

			for (uint64_t i = p; i < p + tau; i++)
				term += part[i].mean - 2 * part[i + tau].mean +
					part[i + 2 * tau].mean;
			sum += term * term / (double)(tau * tau);
			terms++;
		}
		tap_real(wander(k).mtie_ns, mtie, "random: MTIE equals its definition");
		tap_near(wander(k).tdev_ns / sqrt(sum / 6 / (double)terms), 1,
			 1e-9, "random: TDEV equals its definition");
	}
	sluice_commanded_done(&commanded);
}

/* A stream that pauses for 5 ms after each 100 frames. */
static void test_pauses(void)
{
	begin();
	for (uint64_t i = 0; i < 1000; i++)
		frame(i, (int64_t)(i / 100) * 5 * MS - (i % 100 == 50 ? 3 * US : 0));
	tap_u64(commanded.pauses, 9, "pauses: what comes long after its time begins anew");
	tap_u64(commanded.pause_max_ns, 5 * MS, "pauses: each is 5 ms");
	tap_u64(commanded.departure.late.count, 0, "pauses: nothing is late by that");
	tap_u64(commanded.departure.early.count, 10, "pauses: what is early stays so");
	tap_u64(commanded.departure.early.max, 3 * US, "pauses: by 3 us");
	tap_u64(commanded.over_frame.max, 300, "pauses: 0.3 of a frame");
	tap_real(wander(0).mtie_ns, 5 * MS, "pauses: the phase steps by each");
	tap_real(wander(2).mtie_ns, 5 * MS + 3 * US, "pauses: and by what was early where both are in 640 us");
	sluice_commanded_done(&commanded);
}

/* 1 s at the rate and then 1 s with a tenth less. */
static void test_rate_errors(void)
{
	begin();
	for (uint64_t i = 0; i < 100000; i++)
		frame(i, 0);
	for (uint64_t i = 0; i < 90001; i++)
		frame(100000 + i, (int64_t)(i * FRAME_NS / 9));
	tap_u64(commanded.rate_errors[0].windows, 2, "rate errors: two seconds");
	tap_near(commanded.rate_errors[0].max_ppm, 0, 1e-9, "rate errors: the first is right");
	tap_near(commanded.rate_errors[0].min_ppm, -100000, 1e-6, "rate errors: the second a tenth too slow");
	tap_near(sluice_rate_errors_worst_ppm(&commanded.rate_errors[1]), -100000, 1, "rate errors: the worst 100 ms too");
	sluice_commanded_done(&commanded);
	begin();
	frame(0, 0);
	tap_ok(isnan(sluice_rate_errors_worst_ppm(&commanded.rate_errors[0])), "rate errors: of one frame there is none");
	sluice_commanded_done(&commanded);
}

/* Rates and lengths at their limits: no sum goes astray. */
static void test_limits(void)
{
	struct sluice_wander one;

	sluice_commanded_init(&commanded, 1, 1);
	for (uint64_t i = 0; i < 100; i++)
		sluice_commanded_add(&commanded, START_NS + i, 1538);
	tap_ok(!sluice_phase_wander(&commanded.phase, 4, &one) ||
	       isfinite(one.mtie_ns), "limits: 1 bit/s");
	sluice_commanded_done(&commanded);
	begin();
	for (uint64_t i = 0; i < 1000; i++)
		sluice_commanded_add(&commanded, START_NS + i, UINT32_MAX);
	tap_ok(!sluice_phase_wander(&commanded.phase, 0, &one), "limits: frames of 4 GB have no phase");
	sluice_commanded_done(&commanded);
	sluice_commanded_init(&commanded, UINT64_MAX / 8, 1);
	for (uint64_t i = 0; i < 1000; i++)
		sluice_commanded_add(&commanded, START_NS + i, 84);
	tap_u64(commanded.departure.late.count, 999, "limits: frames without a length in time");
	sluice_commanded_done(&commanded);
}

int main(void)
{
	test_constant_rate();
	test_offset();
	test_step();
	test_sine();
	test_white();
	test_definition();
	test_pauses();
	test_rate_errors();
	test_limits();
	return tap_done();
}
