/*
 * usage: bench_startup PROGRAM ARGUMENT...
 * Time from exec of a server to the first authorised 200, in milliseconds, the median of several.
 * The program prints the path of a kubeconfig when it is ready and stops on SIGTERM.
 */
#include "ci/benchmarks/bench.h"
#include "harness/core/clock.h"
#include "harness/core/json.h"
#include "harness/core/mem.h"
#include "harness/core/str.h"
#include "harness/net/kubeconfig.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#define STARTS 9
#define PATH_SIZE 4096

static void fail(const char *what) {
    fprintf(stderr, "bench_startup: %s\n", what);
    exit(1);
}

static pid_t launch(char **argv, char path[PATH_SIZE]) {
    int ends[2];
    if (pipe(ends) < 0)
        fail("no pipe");
    pid_t pid = fork();
    if (pid == 0) {
        (void)dup2(ends[1], STDOUT_FILENO);
        (void)close(ends[0]);
        (void)close(ends[1]);
        (void)execv(argv[0], argv);
        _exit(127);
    }
    (void)close(ends[1]);
    FILE *out = fdopen(ends[0], "r");
    if (!out || !fgets(path, PATH_SIZE, out))
        fail("the server printed nothing");
    path[strcspn(path, "\n")] = '\0';
    (void)fclose(out);
    return pid;
}

static double first_answer(char **argv) {
    char path[PATH_SIZE];
    struct err err = {0};
    struct http_answer answer = {0};
    struct kubeconfig_target target;
    int64_t begin = clock_monotonic_us();
    pid_t pid = launch(argv, path);
    CLEANUP(json_freep) json_t *config = kubeconfig_load(path, false, &err);
    if (!config || kubeconfig_target(config, NULL, &target, &err) < 0)
        fail(err.text);
    CLEANUP(http_client_freep) struct http_client *client = http_client_new(&target.http);
    const struct http_call call = {.method = "GET", .path = "/api/v1/namespaces/default"};
    if (http_client_do(client, &call, &answer, &err) < 0 || answer.status != 200)
        fail("no 200");
    double ms = (double)(clock_monotonic_us() - begin) / 1e3;
    http_answer_release(&answer);
    kubeconfig_target_release(&target);
    (void)kill(pid, SIGTERM);
    (void)waitpid(pid, NULL, 0);
    return ms;
}

int main(int argc, char **argv) {
    double ms[STARTS];
    if (argc < 2)
        fail("expected a program and its arguments");
    for (size_t i = 0; i < STARTS; i++)
        ms[i] = first_answer(argv + 1);
    double median = bench_median(ms, STARTS);
    bench_print(&(struct bench_line){.name = "apiserver/exec to first authorised 200",
                                     .value = median,
                                     .unit = "ms",
                                     .goal = "< 50 ms",
                                     .ok = median < 50});
    return 0;
}
