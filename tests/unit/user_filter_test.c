// SPDX-License-Identifier: GPL-2.0
/* Filters by libpcap on records of several link types, and what is refused. */
#include "../../user/lib/filter.h"

#include "user_tap.h"

/* Ethernet, IPv4, TCP from port 10001 to 5001. */
static const uint8_t frame[] = {
	2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0,
	0x45, 0, 0, 44, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 1, 1, 10, 0, 0, 1,
	0x27, 0x11, 0x13, 0x89, 0, 0, 0, 7, 0, 0, 0, 1,
	0x50, 0x18, 2, 0, 0, 0, 0, 0, 'd', 'a', 't', 'a',
};

static char error[512];

static struct sluice_pcap_record record_of(const uint8_t *data, uint32_t bytes,
					   uint16_t link_type)
{
	return (struct sluice_pcap_record){
		.data = data, .frame_bytes = 1514, .captured_bytes = bytes,
		.link_type = link_type,
	};
}

static void test_match(void)
{
	struct sluice_pcap_record whole = record_of(frame, sizeof(frame), 1);
	struct sluice_pcap_record cut = record_of(frame, 36, 1);
	struct sluice_filter *filter = NULL;

	tap_ok(!sluice_filter_create(&filter, "tcp dst port 5001", 1, error,
				     sizeof(error)), "a filter");
	tap_ok(sluice_filter_match(filter, &whole, error, sizeof(error)) == 1,
	       "takes what it names");
	tap_ok(sluice_filter_match(filter, &cut, error, sizeof(error)) == 0,
	       "and nothing that is cut in front of the port");
	sluice_filter_free(filter);
	tap_ok(!sluice_filter_create(&filter, "greater 1500 and not host 10.0.1.2",
				     1, error, sizeof(error)) &&
	       sluice_filter_match(filter, &whole, error, sizeof(error)) == 1,
	       "lengths are those on the medium");
	sluice_filter_free(filter);
	tap_ok(!sluice_filter_create(&filter, "", 1, error, sizeof(error)) &&
	       sluice_filter_match(filter, &cut, error, sizeof(error)) == 1,
	       "an empty filter takes all");
	sluice_filter_free(filter);
}

/* One filter on a file whose interfaces are of different kinds. */
static void test_link_types(void)
{
	static const uint16_t raw[] = { 101, 12, 228 };
	struct sluice_pcap_record ethernet = record_of(frame, sizeof(frame), 1);
	struct sluice_pcap_record wlan = record_of(frame, sizeof(frame), 60000);
	struct sluice_filter *filter = NULL;
	bool is_right = true;

	if (sluice_filter_create(&filter, "src host 10.0.1.1 and tcp", 1, error,
				 sizeof(error)))
		return;
	for (int round = 0; round < 2; round++) {
		is_right &= sluice_filter_match(filter, &ethernet, error,
						sizeof(error)) == 1;
		for (int i = 0; i < 3; i++) {
			struct sluice_pcap_record ip =
				record_of(frame + 14, sizeof(frame) - 14, raw[i]);

			is_right &= sluice_filter_match(filter, &ip, error,
							sizeof(error)) == 1;
			ip.link_type = 1;
			is_right &= sluice_filter_match(filter, &ip, error,
							sizeof(error)) == 0;
		}
	}
	tap_ok(is_right, "the same filter on Ethernet and on raw IP");
	tap_ok(sluice_filter_match(filter, &wlan, error, sizeof(error)) == -1 &&
	       strstr(error, "link type 60000"),
	       "a link type that libpcap does not know is named");
	sluice_filter_free(filter);
}

static void expect_refused(const char *expression, uint32_t link_type,
			   const char *sentence, const char *claim)
{
	struct sluice_filter *filter = NULL;

	error[0] = '\0';
	if (!sluice_filter_create(&filter, expression, link_type, error,
				  sizeof(error)))
		sluice_filter_free(filter);
	tap_text(error, sentence, claim);
}

int main(void)
{
	test_match();
	test_link_types();
	expect_refused("tcp dst prot 5001", 1, "filter \"tcp dst prot 5001\" cannot be used on link type 1: ",
		       "a word that is none: the filter, and libpcap's reason");
	expect_refused("port 99999", 1, "99999", "a port that is none");
	expect_refused("ether host 02:00:00:00:00:01", 101, "link type 101",
		       "Ethernet's addresses on raw IP");
	return tap_done();
}
