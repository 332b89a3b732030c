# SPDX-License-Identifier: GPL-2.0
# Looks into the headers that the module is built against and says what is there.
# sluice-has,NAME,header,text: defines SLUICE_HAVE_NAME if the header has the text.
sluice-include := $(srctree)/include
sluice-has = $(shell grep -qsF -- '$(strip $(3))' $(sluice-include)/$(strip $(2)) && echo -DSLUICE_HAVE_$(strip $(1)))

ccflags-y += $(if $(wildcard $(sluice-include)/net/gso.h),-DSLUICE_HAVE_GSO_H)
ccflags-y += $(call sluice-has,QLEN_INC,net/sch_generic.h,void qdisc_qlen_inc)
ccflags-y += $(call sluice-has,QDISC_DROP_REASON,net/dropreason-qdisc.h,QDISC_DROP_FLOW_LIMIT)
ccflags-y += $(call sluice-has,DEQUEUE_DROP,net/sch_generic.h,void qdisc_dequeue_drop)
ccflags-y += $(call sluice-has,PKT_SEGS,net/sch_generic.h,pkt_segs;)
ccflags-y += $(call sluice-has,TSTAMP_TYPE,linux/skbuff.h,tstamp_type:2)
ccflags-y += $(call sluice-has,QSTATS_BACKLOG_ADD,net/sch_generic.h,void qstats_backlog_add)
ccflags-y += $(call sluice-has,CONST_RANGE,net/netlink.h,const struct netlink_range_validation *range;)
ccflags-y += $(call sluice-has,HRTIMER_SETUP,linux/hrtimer.h,void hrtimer_setup)
ccflags-y += $(call sluice-has,PACING_OFFLOAD,linux/netdevice.h,max_pacing_offload_horizon)
ccflags-y += $(call sluice-has,NETIF_GET_LINK_KSETTINGS,linux/ethtool.h,netif_get_link_ksettings)
