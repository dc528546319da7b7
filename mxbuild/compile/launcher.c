/* The compiler launcher: one word for CXX that records each compile and changes none.
 *
 * It runs hundreds of times in a build. `install` compiles it with what it needs as literals in launcher.h, and links
 * it under the names of the compilers that it stands before. A compile that it cannot record is a compile all the same.
 *
 * nvcc takes its host compiler as one word (`-ccbin $(CXX)`, in every MXNet Makefile), so CXX="ccache g++" breaks it.
 * It calls that one, which is a launcher as well, for files of its own: whatever a launcher starts finds INSIDE in its
 * environment and stays out of the ledger, so that a .cu counts once.
 *
 * Under the name `gate` it stands right before the compiler, behind ccache (CCACHE_PREFIX), where only what is really
 * compiled comes by: it asks the build's gate for the memory, waits, and turns into the compiler. What it leaves open
 * is the connection: the reservation ends with the last process that has it, however that ends. Where the gate names a
 * worker, distcc takes the compile there. What it brings back counts; what it does not, is compiled here, and said.
 *
 * Upstream's Makefile has nvcc look for a .cu's headers before it compiles it, and so read all of them once more (some
 * 200 of the 4,070 s that 16 cores had for 0.12.1). An nvcc that can write the rules with the compile does that.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct program { const char *name, *compiler, *prefix; };
struct extra { const char *source; const char *const *flags; };

/* PROGRAMS, EXTRAS, LEDGER, GATE, DISTCC, TREE, RULES (whether nvcc writes rules with the compile), and lists of words that end with NULL: SOURCES, WITH_VALUE, COMPILES,
 * OTHERWISE, TRIALS, PLACES; of what the gate gives room: TUNED (sources), ROOM (options), MARKED (options that leave a trace of those);
 * AWAY (sources that a worker can compile) */
#include "launcher.h"

#define INSIDE "MXBUILD_INSIDE"  /* set for everything below a launcher: the object that it makes, or nothing */
#define SOCKET "MXBUILD_GATE"    /* name of the gate's socket, in the abstract namespace */

extern char **environ;
static pid_t child;
static volatile sig_atomic_t told;  /* the signal that this process was told to end with */

static void *have(void *memory) {
    if (!memory) { dprintf(2, "mxbuild launcher: no memory\n"); _exit(127); }
    return memory;
}

static int among(const char *word, const char *const *list) {
    for (; *list; list++) if (!strcmp(word, *list)) return 1;
    return 0;
}

static const char *base(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static char *absolute(const char *path) {
    char here[PATH_MAX], *whole;
    if (*path == '/' || !getcwd(here, sizeof here)) return have(strdup(path));
    if (asprintf(&whole, "%s/%s", here, path) < 0) have(NULL);
    return whole;
}

static int ends_in(const char *word, const char *const *endings) {
    const char *dot = strrchr(word, '.');
    return dot && among(dot + 1, endings);
}

/* Whether it is a compile, and of what; not a link, -MM, --version, nor one of CMake's trials. */
static int find(char **words, const char **source, const char **target) {
    int compiles = 0;
    *source = *target = NULL;
    for (; *words; words++) {
        const char *word = *words;
        if (among(word, COMPILES)) compiles = 1;
        else if (!strcmp(word, "-o") || !strcmp(word, "--output-file")) { if (words[1]) *target = *++words; }
        else if (among(word, WITH_VALUE)) { if (words[1]) words++; }
        else if (among(word, OTHERWISE)) return 0;
        else if (!strncmp(word, "-o", 2)) *target = word + 2;
        else if (*word != '-' && ends_in(word, SOURCES)) *source = word;
    }
    if (!compiles || !*source || !*target) return 0;
    size_t length = strlen(*target);
    if (length < 3 || strcmp(*target + length - 2, ".o")) return 0;
    char *where = absolute(*target);
    for (const char *const *trial = TRIALS; *trial; trial++) if (strstr(where, *trial)) return 0;
    free(where);
    return 1;
}

/* before + words + the flags that a named source alone gets, at the end, where they win. */
static char **command(const char *const *before, char **words) {
    size_t count = 1;
    for (const char *const *w = before; *w; w++) count++;
    for (char **w = words; *w; w++) count++;
    for (const struct extra *e = EXTRAS; e->source; e++) for (const char *const *f = e->flags; *f; f++) count++;
    char **whole = have(calloc(count, sizeof *whole)), **next = whole;
    for (; *before; before++) *next++ = (char *)*before;
    for (char **w = words; *w; w++) *next++ = *w;
    if (EXTRAS->source) for (; *words; words++) {
        char *path = absolute(*words);
        for (const struct extra *e = EXTRAS; e->source; e++)
            if (!strcmp(e->source, path)) for (const char *const *f = e->flags; *f; f++) *next++ = (char *)*f;
        free(path);
    }
    return whole;
}

/* A path below the tree as it is seen from `here`, another directory of the tree or the tree itself; else itself. */
static const char *relative(const char *path, const char *here) {
    size_t top = strlen(TREE), common = top;
    if (strncmp(path, TREE, top) || (path[top] && path[top] != '/')) return path;
    for (size_t n = top; ; n++) {
        if ((!path[n] || path[n] == '/') && (!here[n] || here[n] == '/')) common = n;
        if (path[n] != here[n] || !path[n]) break;
    }
    size_t up = 0;
    for (const char *c = here + common; *c; c++) up += *c == '/';
    while (path[common] == '/') common++;
    char *whole = have(malloc(3 * up + strlen(path + common) + 2)), *next = whole;
    for (size_t n = 0; n < up; n++) next += sprintf(next, "../");
    strcpy(next, path + common);
    if (!*whole) strcpy(whole, ".");
    for (size_t n = strlen(whole); n > 1 && whole[n - 1] == '/'; n--) whole[n - 1] = 0;
    return whole;
}

/* Replace paths below the tree by relative ones, as ccache does (base_dir): __FILE__ then says nothing of where the tree
 * lies, and two trees give the same object. */
static char **placeless(char **words) {
    char here[PATH_MAX];
    size_t top = TREE ? strlen(TREE) : 0;
    if (!top || !getcwd(here, sizeof here) || strncmp(here, TREE, top) || (here[top] && here[top] != '/')) return words;
    for (char **w = words; *w; w++) {
        const char *const *place = PLACES;
        while (*place && strncmp(*w, *place, strlen(*place))) place++;
        size_t length = *place ? strlen(*place) : 0;
        if (*place && !(*w)[length]) {
            if (w[1]) { w[1] = (char *)relative(w[1], here); w++; }
        } else if (*place) {
            const char *path = relative(*w + length, here);
            char *whole;
            if (path != *w + length) { if (asprintf(&whole, "%s%s", *place, path) < 0) have(NULL); *w = whole; }
        } else if (among(*w, WITH_VALUE) || !strcmp(*w, "-o")) {
            if (w[1]) w++;
        } else if (**w == '/' && ends_in(*w, SOURCES)) {
            *w = (char *)relative(*w, here);
        }
    }
    return words;
}

/* The file of rules that belongs to an object: build/a.d for build/a.o. */
static char *rules_of(const char *target) {
    char *path;
    if (asprintf(&path, "%.*s.d", (int)strlen(target) - 2, target) < 0) have(NULL);
    return path;
}

/* Whether it is `nvcc -M -MT a.o a.cu >a.d`, and a.d holds now what will do until the compile has written the rules.
 * a.o goes: no kill in between leaves an object that make believes for want of the rules. */
static int put_off(char **words) {
    const char *source = NULL, *target = NULL;
    int rules = 0, sources = 0;
    for (; *words; words++) {
        if (!strcmp(*words, "-M") || !strcmp(*words, "--generate-dependencies")) rules = 1;
        else if (!strcmp(*words, "-MT") || !strcmp(*words, "--dependency-target-name")) { if (words[1]) target = *++words; }
        else if (among(*words, WITH_VALUE)) { if (words[1]) words++; }
        else if (among(*words, COMPILES) || !strncmp(*words, "-M", 2) || !strncmp(*words, "-o", 2)) return 0;
        else if (**words != '-') { source = *words; sources++; }
    }
    if (!rules || sources != 1 || !ends_in(source, SOURCES) || !target || !ends_in(target, (const char *const[]){"o", NULL}))
        return 0;
    struct stat out, file;
    char *path = rules_of(target);
    if (fstat(1, &out) || stat(path, &file) || !S_ISREG(out.st_mode) || out.st_dev != file.st_dev || out.st_ino != file.st_ino)
        return 0;
    if (unlink(target) && errno != ENOENT) return 0;
    return dprintf(1, "%s : %s\n", target, source) > 0;
}

/* nvcc's words for a compile whose rules were put off: it writes them as well. */
static char **with_rules(char **words, const char *target) {
    struct stat file;
    size_t count = 0;
    char *path = rules_of(target);
    for (; words[count]; count++) if (!strncmp(words[count], "-M", 2)) return words;
    if (stat(path, &file) || !S_ISREG(file.st_mode)) return words;
    char **longer = have(calloc(count + 6, sizeof *longer));
    memcpy(longer, words, count * sizeof *longer);
    char *more[] = {"-MD", "-MF", path, "-MT", (char *)target};
    memcpy(longer + count, more, sizeof more);
    return longer;
}

/* Turn into the command, as if there had been no launcher. */
static void become(char **words) {
    execv(words[0], words);
    dprintf(2, "%s: %s\n", words[0], strerror(errno));
    _exit(127);
}

/* Length of the UTF-8 character at `text`; 0 where there is none. */
static int character(const unsigned char *text) {
    int more = *text < 0x80 ? 0 : *text >= 0xc2 && *text < 0xe0 ? 1 : *text >= 0xe0 && *text < 0xf0 ? 2
             : *text >= 0xf0 && *text < 0xf5 ? 3 : -1;
    for (int n = 1; n <= more; n++) if ((text[n] & 0xc0) != 0x80) return 0;
    if ((*text == 0xe0 && text[1] < 0xa0) || (*text == 0xed && text[1] > 0x9f) || (*text == 0xf0 && text[1] < 0x90)
        || (*text == 0xf4 && text[1] > 0x8f)) return 0;
    return more + 1;
}

/* The text as JSON has it between quotes; bytes that are no text as \xNN, as Python says them. */
static char *quoted(const char *text) {
    char *out = have(malloc(6 * strlen(text) + 1)), *next = out;
    for (const unsigned char *c = (const unsigned char *)text; *c;) {
        int length = character(c);
        if (*c == '"' || *c == '\\') { *next++ = '\\'; *next++ = (char)*c++; }
        else if (*c < ' ') next += sprintf(next, "\\u%04x", *c++);
        else if (!length) next += sprintf(next, "\\\\x%02x", *c++);
        else while (length--) *next++ = (char)*c++;
    }
    *next = 0;
    return out;
}

/* One line, in one write: lines of compilers that run side by side never mix. */
static void record(const char *line) {
    int file = open(LEDGER, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0) return;
    if (write(file, line, strlen(line)) < 0) { /* a compile all the same */ }
    close(file);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void forward(int number) {
    int kept = errno;
    told = number;
    if (child > 0) kill(child, number);
    errno = kept;
}

/* Start it with the signals as they were, stderr into `complaints` (-1: where ours goes); 0, or the error. */
static int start(char **words, const sigset_t *mask, int complaints) {
    posix_spawnattr_t how;
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    if (complaints >= 0) posix_spawn_file_actions_adddup2(&files, complaints, 2);
    posix_spawnattr_init(&how);
    posix_spawnattr_setsigmask(&how, mask);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK);
    int error = posix_spawn(&child, words[0], &files, &how, words, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&how);
    return error;
}

/* From here on, who is told to end tells the child: make ends only the process that it knows. */
static void pass_on(const sigset_t *before) {
    struct sigaction action = {.sa_handler = forward, .sa_flags = SA_RESTART};
    sigaction(SIGTERM, &action, NULL); sigaction(SIGINT, &action, NULL); sigaction(SIGHUP, &action, NULL);
    sigprocmask(SIG_SETMASK, before, NULL);
}

/* Block the signals that are passed on, until there is a child to have them. */
static void hold(sigset_t *before) {
    sigset_t passed;
    sigemptyset(&passed);
    sigaddset(&passed, SIGTERM); sigaddset(&passed, SIGINT); sigaddset(&passed, SIGHUP);
    sigprocmask(SIG_BLOCK, &passed, before);
}

/* Run a compile between two lines of the ledger. */
static int run(char **words, char **bare, int ccache, const char *source, const char *target) {
    char *line, *name = absolute(target), *s = quoted(source), *t = quoted(name), head[64];
    sigset_t before;
    hold(&before);
    setenv(INSIDE, name, 1);
    double begun = now();
    if (start(words, &before, -1) && start(bare, &before, -1)) become(bare);  /* no ccache any more, or it says what is wrong */
    snprintf(head, sizeof head, "\"pid\":%d,\"start\":%.3f", (int)child, begun);
    if (asprintf(&line, "{\"event\":\"start\",\"source\":\"%s\",\"object\":\"%s\",%s}\n", s, t, head) < 0) have(NULL);
    record(line);
    pass_on(&before);
    int status = 0;
    struct rusage usage = {0};
    while (wait4(child, &status, 0, &usage) < 0) if (errno != EINTR) { status = 127 << 8; break; }
    child = 0;
    int code = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    struct stat object = {0};
    if (stat(target, &object)) object.st_size = 0;
    double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
               + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    if (asprintf(&line, "{\"event\":\"end\",\"source\":\"%s\",\"object\":\"%s\",%s,\"end\":%.3f,\"code\":%d,"
                        "\"memory\":%lld,\"cpu\":%.3f,\"size\":%lld,\"ccache\":%s}\n",
                 s, t, head, now(), code, (long long)usage.ru_maxrss * 1024, cpu, (long long)object.st_size,
                 ccache ? "true" : "false") < 0)
        have(NULL);
    record(line);
    return code;
}

struct answer {
    char word;         /* 'p' compile as ever, 'r' there is room, 'd' a worker does it; 0 where there is no gate */
    char worker[600];  /* 'd': its name, tab, distcc's word for it */
    int gate;          /* the connection */
};

/* Ask the gate for an object; `kind`: p, or r for one that can use room; in capitals: one that a worker can compile. */
static struct answer ask(const char *object, char kind) {
    struct answer answer = {.gate = socket(AF_UNIX, SOCK_STREAM, 0)};  /* stays open through exec */
    const char *name = getenv(SOCKET);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!name || !*name || strlen(name) + 1 > sizeof address.sun_path || answer.gate < 0) return answer;
    memcpy(address.sun_path + 1, name, strlen(name));
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name));
    if (connect(answer.gate, (struct sockaddr *)&address, size) || send(answer.gate, &kind, 1, MSG_NOSIGNAL) != 1
        || send(answer.gate, object, strlen(object) + 1, MSG_NOSIGNAL) <= 0) return answer;
    while (read(answer.gate, &answer.word, 1) < 0 && errno == EINTR) {}
    for (size_t n = 0; answer.word == 'd'; n++) {
        ssize_t got = n < sizeof answer.worker ? read(answer.gate, answer.worker + n, 1) : 0;
        if (got < 0 && errno == EINTR) { n--; continue; }
        if (got != 1) answer.word = 0;
        else if (!answer.worker[n]) break;
    }
    return answer;
}

/* All of a file in memory, as text. */
static char *whole(int file) {
    off_t size = lseek(file, 0, SEEK_END);
    char *text = have(malloc((size_t)(size < 0 ? 0 : size) + 1));
    ssize_t got = size > 0 ? pread(file, text, (size_t)size, 0) : 0;
    text[got < 0 ? 0 : got] = 0;
    return text;
}

/* The one complaint where distcc did not even try, because of what another compile met. */
#define RESTING "failed to distribute and fallbacks are disabled"

/* What went wrong, in distcc's own words: the first that it calls an error, without its name. */
static const char *reason(char *log, int code) {
    static char words[64];
    char *error = strstr(log, "ERROR: ");
    if (strstr(log, "exec on localhost")) return "distcc kept it here";
    if (error && !strncmp(error + strlen("ERROR: "), RESTING, strlen(RESTING))) return "it was out of reach just before";
    if (error) { error += strlen("ERROR: "); error[strcspn(error, "\n")] = 0; return error; }
    snprintf(words, sizeof words, "it ended with code %d", code);
    return words;
}

/* distcc's command line for a compile. It takes -o away from the preprocessor, which then writes its rules under other
 * names (a.d for build/a.d, in the current directory): they are named. */
static char **for_distcc(char **words, const char *target) {
    size_t count = 0;
    int rules = 0, file = 0, goal = 0;
    for (; words[count]; count++) {
        const char *word = words[count];
        if (!strcmp(word, "-MD") || !strcmp(word, "-MMD")) rules = 1;
        if (!strncmp(word, "-MF", 3)) file = 1;
        if (!strncmp(word, "-MT", 3) || !strncmp(word, "-MQ", 3)) goal = 1;
    }
    char **through = have(calloc(count + 6, sizeof *through)), **next = through + count + 1;
    through[0] = (char *)DISTCC;
    memcpy(through + 1, words, count * sizeof *through);
    if (rules && !file) { *next++ = "-MF"; *next++ = rules_of(target); }
    if (rules && !goal) { *next++ = "-MQ"; *next++ = (char *)target; }
    return through;
}

/* Have a worker compile it, through distcc; whether the object is there. Of what went wrong only a line is left: the
 * compiler here has the last word, on the screen as well. */
static int sent(char **words, const char *object, const char *target, struct answer *answer) {
    char *host = strchr(answer->worker, '\t'), path[32], *line, *log, *said, *name = quoted(object);
    int messages = memfd_create("distcc", 0), complaints = memfd_create("complaints", MFD_CLOEXEC);
    if (!host || !DISTCC || messages < 0 || complaints < 0) return 0;
    *host++ = 0;
    snprintf(path, sizeof path, "/proc/self/fd/%d", messages);
    setenv("DISTCC_LOG", path, 1);
    setenv("DISTCC_HOSTS", host, 1);
    char **through = for_distcc(words, target);
    sigset_t before;
    int status = 127 << 8;
    hold(&before);
    if (!start(through, &before, complaints)) {
        pass_on(&before);
        while (waitpid(child, &status, 0) < 0) if (errno != EINTR) { status = 127 << 8; break; }
        child = 0;
    }
    if (told) {
        signal(told, SIG_DFL);
        kill(getpid(), told);
    }
    int code = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    log = whole(messages);
    said = whole(complaints);
    int here = strstr(log, "exec on localhost") != NULL, tried = strstr(log, "exec on ") != NULL;
    char *worker = quoted(answer->worker);
    if (!code && !here) {
        if (asprintf(&line, "{\"event\":\"away\",\"object\":\"%s\",\"worker\":\"%s\"}\n", name, worker) < 0) have(NULL);
    } else {
        const char *why = quoted(reason(log, code));
        if (asprintf(&line, "{\"event\":\"back\",\"object\":\"%s\",\"worker\":\"%s\",\"code\":%d,\"why\":\"%s\"}\n",
                     name, worker, code, why) < 0) have(NULL);
        /* Its own trouble, not the compiler's: nothing else is sent there for a while. */
        if (tried && (code < 0 || code >= 100)) send(answer->gate, why, strlen(why) + 1, MSG_NOSIGNAL);
    }
    record(line);
    close(answer->gate);
    if (!code && write(2, said, strlen(said)) < 0) { /* nobody reads it */ }
    unsetenv("DISTCC_LOG");
    close(messages);
    signal(SIGTERM, SIG_DFL); signal(SIGINT, SIG_DFL); signal(SIGHUP, SIG_DFL);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return !code;
}

/* No cache had it: what is compiled begins now. */
static void begins(const char *object) {
    char *line;
    if (asprintf(&line, "{\"event\":\"compile\",\"object\":\"%s\",\"start\":%.3f}\n", quoted(object), now()) < 0)
        have(NULL);
    record(line);
}

/* Turn into the compiler, words[0], once the gate says so. */
static void gate(char **words) {
    const char *object = getenv(INSIDE), *source, *target;
    if (!object || !*object || !find(words + 1, &source, &target)) become(words);
    int room = ends_in(source, TUNED);
    for (char **w = words + 1; *w; w++) for (const char *const *m = MARKED; *m; m++)
        if (!strncmp(*w, *m, strlen(*m))) room = 0;
    struct answer answer = ask(object, ends_in(source, AWAY) ? room ? 'R' : 'P' : room ? 'r' : 'p');
    begins(object);
    if (answer.word == 'd') {
        if (sent(words, object, target, &answer)) _exit(0);
        answer = ask(object, room ? 'r' : 'p');
    }
    if (answer.word != 'r') become(words);
    /* Room to collect no garbage, in huge pages: the same object, sooner. */
    char *line, *name = quoted(object);
    if (asprintf(&line, "{\"event\":\"room\",\"object\":\"%s\"}\n", name) < 0) have(NULL);
    record(line);
    setenv("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1", 0);
    size_t count = 0, more = 0;
    while (words[count]) count++;
    while (ROOM[more]) more++;
    char **longer = have(calloc(count + more + 1, sizeof *longer));
    memcpy(longer, words, count * sizeof *longer);
    memcpy(longer + count, ROOM, more * sizeof *longer);
    become(longer);
}

int main(int count, char **words) {
    const char *name = base(words[0]), *source, *target;
    if (!strcmp(name, "gate")) {
        if (count < 2) return 2;
        gate(words + 1);
    }
    const struct program *program = PROGRAMS;
    while (program->name && strcmp(program->name, name)) program++;
    if (!program->name) { dprintf(2, "mxbuild launcher: %s is none of its names\n", name); return 127; }
    const char *bare[] = {program->compiler, NULL};
    if (getenv(INSIDE)) { /* below nvcc: no flags of its own */
        words[0] = (char *)program->compiler;
        become(words);
    }
    int rules = RULES && !strcmp(name, "nvcc");
    if (rules && put_off(words + 1)) return 0;
    signal(SIGCHLD, SIG_DFL);  /* ignored, it would hide how the compiler ended */
    if (!find(words + 1, &source, &target)) {
        setenv(INSIDE, "", 1);
        become(command(bare, words + 1));
    }
    if (rules) words = with_rules(words, target);
    const char *through[] = {program->prefix ? program->prefix : getenv(SOCKET) ? GATE : program->compiler,
                             program->prefix || getenv(SOCKET) ? program->compiler : NULL, NULL};
    char **whole = command(through, words + 1), **alone = placeless(command(bare, words + 1));
    int code = run(program->prefix ? whole : placeless(whole), alone, program->prefix != NULL, source, target);
    if (code >= 0) return code;
    /* A signal that ends the compiler ends the launcher. */
    signal(-code, SIG_DFL);
    kill(getpid(), -code);
    return 128 - code;
}
