/* The least that a start can take: a process, a millisecond, a line. */
#include <stdio.h>
#include <time.h>

int main(void) {
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    puts("Hello, world!");
}
