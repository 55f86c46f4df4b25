/* SPDX-License-Identifier: MIT
 *
 * System calls by the door of 32-bit programs, which 64-bit programs can use
 * as well: int $0x80. The numbers are those of i386, the arguments 32 bits.
 */
#ifndef INT80_H
#define INT80_H

#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>

#include "attack.h"

#if defined(__x86_64__) || defined(__i386__)

/* Where that door is closed (ia32_emulation=off) the processor faults. */
static inline _Noreturn void no_door(int signo)
{
    (void)signo;
    does_not_apply("this kernel runs no 32-bit programs");
}

static inline long int80(int number, uint32_t a, uint32_t b, uint32_t c)
{
    int result;

    signal(SIGSEGV, no_door);
#ifdef __x86_64__
    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "a"(number), "b"(a), "c"(b), "d"(c), "S"(0), "D"(0)
                     : "memory", "r8", "r9", "r10", "r11");
#else /* ebx may be the compiler's own */
    __asm__ volatile("xchg %%ebx, %%edi; int $0x80; xchg %%ebx, %%edi"
                     : "=a"(result)
                     : "a"(number), "D"(a), "c"(b), "d"(c), "S"(0)
                     : "memory");
#endif
    if (result >= -4095 && result < 0) {
        errno = -result;
        return -1;
    }
    return result;
}

/* A page with an address of 32 bits. */
static inline void *low_memory(void)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS;

#ifdef MAP_32BIT
    flags |= MAP_32BIT;
#endif
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (page == MAP_FAILED)
        stopped("mmap");
    return page;
}

#else

static inline long int80(int number, uint32_t a, uint32_t b, uint32_t c)
{
    does_not_apply("only x86 has int $0x80 (%d, %u, %u, %u)", number, a, b,
                   c);
}

static inline void *low_memory(void)
{
    does_not_apply("only x86 has int $0x80");
}

#endif

static inline uint32_t address(const void *pointer)
{
    return (uint32_t)(uintptr_t)pointer;
}

#endif
