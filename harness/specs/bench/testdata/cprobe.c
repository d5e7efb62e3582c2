/* What a shell-driven harness would spawn for each probe: apply a Landlock
 * policy given as arguments, open one file, exit with the errno. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

struct ruleset { uint64_t fs, net, scoped; };
struct beneath { uint64_t access; int32_t parent; } __attribute__((packed));

int main(int argc, char **argv)
{
	struct ruleset handled = { strtoull(argv[1], 0, 0), 0, 0 };
	int i, fd, rs = syscall(444, &handled, sizeof handled, 0);

	if (rs < 0)
		return errno;
	for (i = 2; i + 1 < argc; i += 2) {
		struct beneath rule = { strtoull(argv[i], 0, 0), open(argv[i + 1], O_PATH | O_CLOEXEC) };
		if (rule.parent < 0 || syscall(445, rs, 1, &rule, 0))
			return errno;
		close(rule.parent);
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || syscall(446, rs, 0))
		return errno;
	fd = open(argv[argc - 1], O_RDONLY | O_CLOEXEC);
	return fd < 0 ? errno : 0;
}
