// SPDX-License-Identifier: GPL-2.0
/* The files of page/, as they stand, inside the command: the assembler reads them. */
#include "report_parts.h"

#define FILE_INSIDE(name, path)						\
	__asm__(".pushsection .rodata\n"				\
		".global " #name "\n"					\
		#name ": .incbin \"user/scope/page/" path "\"\n"	\
		".byte 0\n"						\
		".popsection")

FILE_INSIDE(page_style, "scope.css");
FILE_INSIDE(page_script, "scope.js");
FILE_INSIDE(page_uplot_style, "uplot/uPlot.min.css");
FILE_INSIDE(page_uplot_script, "uplot/uPlot.iife.min.js");
FILE_INSIDE(page_uplot_licence, "uplot/LICENSE");
