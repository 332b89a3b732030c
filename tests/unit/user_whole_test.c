// SPDX-License-Identifier: GPL-2.0
/* Files that are replaced whole: what is there meanwhile, and after a process that was killed. */
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../user/lib/whole.h"
#include "user_tap.h"

static char dir[] = "/dev/shm/sluice-whole-XXXXXX";

static const char *path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

/* Files in the directory, "." and ".." apart. */
static unsigned int count(void)
{
	DIR *list = opendir(dir);
	unsigned int files = 0;

	while (list && readdir(list))
		files++;
	if (list)
		closedir(list);
	return files - 2;
}

static bool has(const char *name, const char *text)
{
	char got[64] = "";
	FILE *file = fopen(path_of(name), "r");

	if (!file)
		return false;
	if (!fgets(got, sizeof(got), file))
		got[0] = '\0';
	fclose(file);
	return !strcmp(got, text);
}

static int put(const char *name, const char *text, int err)
{
	struct sluice_whole whole;
	int failed = sluice_whole_open(&whole, path_of(name));

	if (failed)
		return failed;
	fputs(text, whole.out);
	return sluice_whole_close(&whole, err);
}

/* A process that is killed while it writes, as one whose Ctrl-C was not waited for. */
static void killed(const char *name)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		struct sluice_whole whole;

		if (sluice_whole_open(&whole, path_of(name)))
			_exit(1);
		fputs("half", whole.out);
		fflush(whole.out);
		kill(getpid(), SIGKILL);
	}
	tap_ok(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status),
	       "a process is killed while it writes");
}

int main(void)
{
	struct sluice_whole whole;
	struct stat info;

	if (!mkdtemp(dir))
		return 1;
	umask(027);
	killed("new");
	tap_u64(count(), 0, "and nothing of its file stays");
	tap_ok(!put("file", "first", 0) && has("file", "first") && count() == 1,
	       "a file is there when it is closed");
	tap_ok(!stat(path_of("file"), &info) && (info.st_mode & 0777) == 0640,
	       "with the mode that the umask leaves");
	killed("file");
	tap_ok(has("file", "first") && count() == 1,
	       "what was there before stays, alone");
	tap_ok(!sluice_whole_open(&whole, path_of("file")) &&
	       fputs("second", whole.out) > 0 && has("file", "first"),
	       "it is the old one until the new one is whole");
	tap_ok(!sluice_whole_close(&whole, 0) && has("file", "second") &&
	       count() == 1, "and then the new one, alone");
	tap_ok(put("file", "third", -5) == -5 && has("file", "second") &&
	       count() == 1, "one that fails leaves the old one, alone");
	tap_ok(!symlink("file", path_of("link")) && !put("link", "fourth", 0) &&
	       has("file", "fourth") && !lstat(path_of("link"), &info) &&
	       S_ISLNK(info.st_mode), "a link stays one");
	tap_ok(!sluice_whole_open_beside(&whole, path_of("file")) &&
	       whole.beside && !access(whole.beside, F_OK) &&
	       sluice_whole_close(&whole, -1) == -1 && has("file", "fourth") &&
	       count() == 2, "one with a name from the start goes, too");
	unlink(path_of("link"));
	unlink(path_of("file"));
	tap_ok(!rmdir(dir), "nothing is left");
	return tap_done();
}
