/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets, addresses and their changes inside a namespace of the test's own. Needs the right to
 * make namespaces (root); is skipped elsewhere. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <net/if.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "net/addrwatch.h"
#include "net/hostaddr.h"
#include "net/netns.h"
#include "net/sock.h"

static char ns[NETNS_NAME_MAX];
static char path[256];

static bool ns_mount(void)
{
    int fd = open(path, O_RDONLY | O_CREAT | O_EXCL, 0444);
    if (fd < 0)
        return false;
    close(fd);
    pid_t child = fork();
    if (child == 0)
        _exit(unshare(CLONE_NEWNET) || mount("/proc/self/ns/net", path, "none", MS_BIND, NULL));
    int status;
    waitpid(child, &status, 0);
    return status == 0;
}

static void ns_unmount(void)
{
    umount2(path, MNT_DETACH);
    unlink(path);
}

static void lo_up(void)
{
    struct ifreq r = {.ifr_name = "lo"};
    int fd;
    assert_int_equal(netns_socket(ns, AF_INET, SOCK_DGRAM, 0, &fd), 0);
    assert_int_equal(ioctl(fd, SIOCGIFFLAGS, &r), 0);
    r.ifr_flags |= IFF_UP;
    assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &r), 0);
    close(fd);
}

static struct sock_spec spec_of(const char *address)
{
    struct sock_spec spec = {.type = SOCK_DGRAM, .netns = ns};
    assert_int_equal(addr_parse(address, &spec.local.addr), 0);
    spec.local.port = 5399;
    return spec;
}

static bool can_bind(const char *address)
{
    struct sock_spec spec = spec_of(address);
    enum sock_failure why;
    int fd;
    if (sock_open(&spec, &fd, &why)) {
        assert_int_equal(why, SOCK_NO_ADDRESS);
        return false;
    }
    close(fd);
    return true;
}

/* The thread is back in its own namespace after every visit. */
static void test_back_home(void **state)
{
    (void)state;
    struct stat before, after;
    int fd;
    assert_int_equal(stat("/proc/thread-self/ns/net", &before), 0);
    assert_int_equal(netns_socket(ns, AF_INET, SOCK_DGRAM, 0, &fd), 0);
    assert_int_equal(stat("/proc/thread-self/ns/net", &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    close(fd);
}

static void test_addresses(void **state)
{
    (void)state;
    static const char *const texts[] = {"10.53.1.10", "fd00:53::10"};
    lo_up();
    for (size_t i = 0; i < 2; i++) {
        struct hostaddr h = {.netns = ns};
        bool ours = false;
        assert_int_equal(addr_parse(texts[i], &h.addr), 0);
        assert_false(can_bind(texts[i]));
        assert_int_equal(hostaddr_add(&h, &ours), 0);
        assert_true(ours);
        assert_true(can_bind(texts[i]));
        ours = false;
        assert_int_equal(hostaddr_add(&h, &ours), 0); /* found again, and known as ours */
        assert_true(ours);
        assert_int_equal(hostaddr_remove(&h), 0);
        assert_false(can_bind(texts[i]));
        assert_int_equal(hostaddr_remove(&h), 0);
    }
    struct hostaddr local = {.netns = ns};
    bool ours = true;
    assert_int_equal(addr_parse("127.9.9.9", &local.addr), 0);
    assert_int_equal(hostaddr_add(&local, &ours), 0);
    assert_false(ours); /* all of 127.0.0.0/8 is local already */
    struct hostaddr device = {.netns = ns, .device = "b53-none", .addr = local.addr};
    assert_int_equal(hostaddr_add(&device, &ours), ERR_NOT_FOUND);
    device = (struct hostaddr){.netns = "bridge53-no-such", .addr = local.addr};
    assert_int_equal(hostaddr_add(&device, &ours), ERR_NOT_FOUND);
}

static unsigned changes;

static void on_change(struct addrwatch *a)
{
    (void)a;
    changes++;
}

static void wait_change(struct loop *l)
{
    uint64_t now = clock_mono_ns(), end = now + 3 * NS_PER_S;
    changes = 0;
    while (!changes && (now = clock_mono_ns()) < end) {
        loop_wait(l, now, now + 100 * NS_PER_MS);
        loop_dispatch(l, clock_mono_ns());
    }
    assert_true(changes > 0);
}

static void test_watch(void **state)
{
    (void)state;
    static struct loop l;
    struct addrwatch a = {.changed = on_change}, names = {.changed = on_change};
    struct hostaddr h = {.netns = ns};
    struct netns_id before, after;
    bool ours;
    assert_int_equal(addr_parse("10.53.1.11", &h.addr), 0);
    assert_int_equal(loop_open(&l), 0);
    assert_int_equal(addrwatch_open(&a, &l, ns), 0);
    assert_int_equal(hostaddr_add(&h, &ours), 0);
    wait_change(&l);
    assert_int_equal(hostaddr_remove(&h), 0);
    wait_change(&l);
    addrwatch_close(&a, &l);
    addrwatch_close(&a, &l);
    assert_int_equal(addrwatch_open(&a, &l, "bridge53-no-such"), ERR_NOT_FOUND);

    /* Another namespace under the same name. */
    assert_int_equal(netns_id(ns, &before), 0);
    assert_int_equal(addrwatch_open_names(&names, &l), 0);
    int keep = open(path, O_RDONLY); /* so that the kernel does not give its number away */
    ns_unmount();
    wait_change(&l);
    assert_true(ns_mount());
    wait_change(&l);
    assert_int_equal(netns_id(ns, &after), 0);
    assert_true(memcmp(&before, &after, sizeof(before)) != 0);
    close(keep);
    addrwatch_close(&names, &l);
    loop_close(&l);
}

int main(void)
{
    snprintf(ns, sizeof(ns), "b53-test-%d", (int)getpid());
    snprintf(path, sizeof(path), "%s/%s", NETNS_DIR, ns);
    mkdir(NETNS_DIR, 0755);
    if (geteuid() != 0 || !ns_mount()) {
        ns_unmount();
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_back_home),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_watch),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ns_unmount();
    return failed;
}
