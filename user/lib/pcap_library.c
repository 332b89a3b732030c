// SPDX-License-Identifier: GPL-2.0
#include "pcap_library.h"

#include <dlfcn.h>

#include "refuse.h"

/* Returns the name of the first that is missing, or NULL. */
static const char *functions_find(void *library,
				  const struct pcap_function *functions,
				  size_t count)
{
	for (size_t i = 0; i < count; i++) {
		*functions[i].place = dlsym(library, functions[i].name);
		if (!*functions[i].place)
			return functions[i].name;
	}
	return NULL;
}

int pcap_library_load(const char *const *files, size_t files_count,
		      const struct pcap_function *functions, size_t count,
		      char *why, size_t why_size)
{
	const char *missing;
	void *library = NULL;

	for (size_t i = 0; i < files_count && !library; i++)
		library = dlopen(files[i], RTLD_NOW);
	if (!library)
		return sluice_refuse(-1, why, why_size, "%s", dlerror());
	missing = functions_find(library, functions, count);
	if (!missing)
		return 0;
	for (size_t i = 0; i < count; i++)
		*functions[i].place = NULL;
	dlclose(library);
	return sluice_refuse(-1, why, why_size, "it has no %s", missing);
}
