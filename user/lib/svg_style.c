// SPDX-License-Identifier: GPL-2.0
/* The style of all pages: a column of text, charts as wide as it, light and dark. */
#include "svg.h"

static const char style[] =
":root{color-scheme:light dark;--paper:#fffef9;--ink:#1d1c1a;--soft:#67635a;--hair:#e6e2d8;--base:#a8a294;--bad:#b3261e;--good:#3f6b3a;"
"--p0:#c8321f;--p1:#2f6db3;--p2:#12876a;--p3:#8a5a9e;--p4:#a97400;--p5:#3d98ad;--p6:#7b5236;--p7:#74716a;--p8:#e0793f;--p9:#8f1d3f}\n"
"@media(prefers-color-scheme:dark){:root{--paper:#15171a;--ink:#e9e6df;--soft:#a09b90;--hair:#2b2e33;--base:#6d6a63;--bad:#ff8a7a;--good:#8fc489;"
"--p0:#ff6f59;--p1:#74aef0;--p2:#4fc3a1;--p3:#c596d8;--p4:#e0b04a;--p5:#6fcbe0;--p6:#c79a78;--p7:#a5a29a;--p8:#ffa877;--p9:#e8718f}}\n"
"*{box-sizing:border-box}\n"
"body{margin:0 auto;padding:2.2rem 1.4rem 3rem;max-width:62rem;background:var(--paper);color:var(--ink);"
"font:17px/1.5 'Palatino Linotype',Palatino,'Book Antiqua','URW Palladio L','TeX Gyre Pagella',Georgia,serif;font-variant-numeric:lining-nums}\n"
"h1{font-size:1.75rem;line-height:1.2;font-weight:normal;margin:0 0 .3rem}\n"
"h2{font-size:1.2rem;font-weight:normal;font-style:italic;margin:2.4rem 0 .2rem}\n"
"p{margin:.3rem 0 .6rem;max-width:46rem}\n"
".lead{font-size:1.08rem;margin-top:.9rem}\n"
".how,.setup,footer,figcaption{color:var(--soft);font-size:.88rem;line-height:1.42}\n"
".setup{margin:0}\n"
"svg{display:block;width:100%;height:auto;overflow:visible}\n"
"svg text{font-family:inherit;fill:var(--ink)}\n"
"svg .tick{font-size:11px;fill:var(--soft)}\nsvg .note{font-size:12.5px;fill:var(--soft);paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}\n"
"svg .name{font-size:15px}\nsvg .value{font-size:13px}\n"
".hair{stroke:var(--hair);stroke-width:1;fill:none}\n.base{stroke:var(--base);stroke-width:1;fill:none}\n"
".level{stroke:var(--soft);stroke-width:1;stroke-dasharray:3 3;fill:none}\n"
".dot{stroke-width:3.2;stroke-linecap:round;fill:none;stroke-opacity:.75}\n"
".mean{stroke:var(--ink);stroke-width:1.9;fill:none}\n"
".curve{stroke-width:1.5;fill:none;stroke-linejoin:round}\npath.curve[transform]{stroke-width:11}\n"
".area{stroke:none;fill-opacity:.22}\n.bar{stroke:none;fill-opacity:.8}\n"
".spread{stroke:var(--ink);stroke-width:1.2;fill:none}\n"
".goal{stroke:var(--ink);stroke-width:1;fill:var(--ink)}\n.mark{fill:var(--ink)}\n"
".row{display:grid;grid-template-columns:repeat(auto-fill,minmax(17rem,1fr));gap:1rem 1.4rem}\n"
"figure{margin:0;display:flex;flex-direction:column;justify-content:space-between}\nfigcaption{min-height:3.9rem}\n"
"figcaption b{color:var(--ink);font-weight:normal;font-style:italic}\n"
".legend{display:flex;flex-wrap:wrap;gap:.1rem 1.3rem}\n.key{white-space:nowrap;font-size:.95rem}\n.key svg{display:inline-block;width:22px;margin-right:.4rem;vertical-align:middle}\n"
".wide{overflow-x:auto}\ntable{border-collapse:collapse;font-size:.86rem;line-height:1.3;margin:.6rem 0 .4rem;min-width:100%}\n"
"th{font-weight:normal}\nthead th{vertical-align:bottom;text-align:right;color:var(--soft);border-bottom:1px solid var(--base);padding:.2rem .45rem}\n"
"thead small{display:block}\ntbody th{text-align:left;white-space:nowrap;padding:.32rem .9rem .32rem 0;vertical-align:top;font-size:.98rem}\n"
"td{text-align:right;padding:.32rem .45rem;vertical-align:top;white-space:nowrap;font-variant-numeric:lining-nums tabular-nums}\n"
"td.left,th.left{text-align:left!important;white-space:normal}\ntd small{color:var(--soft)}\n"
"td span{display:block;font-size:.78rem}\n.met{color:var(--good)}\n.missed{color:var(--bad)}\n"
"code{font:.84em ui-monospace,'DejaVu Sans Mono',Menlo,monospace}\n"
"dl{display:grid;grid-template-columns:max-content 1fr;gap:.35rem 1.2rem;margin:.6rem 0}\ndt{font-size:1rem}\ndd{margin:0;max-width:44rem}\n"
"footer{margin-top:2.6rem;border-top:1px solid var(--hair);padding-top:.8rem}\nfooter p{max-width:none}\n"
"@media screen and (max-width:40rem){dl{grid-template-columns:1fr}dd{margin:0 0 .5rem}section{overflow-x:auto}section>svg{min-width:44rem}figure{max-width:24rem}td.left{min-width:12rem}}\n"
"@media print{:root{color-scheme:light;--paper:#fff;--ink:#000;--soft:#555;--hair:#ddd}body{font-size:10.5pt;max-width:none;padding:0}"
".row{grid-template-columns:repeat(3,1fr)}section,figure,tr{break-inside:avoid}.wide{overflow:visible}h2{margin-top:1.4rem}table{font-size:.72rem}}\n";

void html_style(FILE *out)
{
	fputs(style, out);
	for (int i = 0; i < 10; i++)
		fprintf(out, ".dot.p%d,.curve.p%d{stroke:var(--p%d)}.area.p%d,.bar.p%d,text.p%d{fill:var(--p%d)}dt.p%d,th.p%d{color:var(--p%d)}\n",
			i, i, i, i, i, i, i, i, i, i);
}
