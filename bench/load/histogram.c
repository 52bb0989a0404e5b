// Counts of values in buckets whose width grows with the value.
#include "load.h"

#define STEPS (1u << HISTOGRAM_BITS)

void histogram_add(struct histogram *histogram, uint64_t value) {
    uint64_t bucket = value;
    if (value >= STEPS) {
        unsigned shift = 63 - (unsigned)__builtin_clzll(value) - HISTOGRAM_BITS;
        bucket = ((uint64_t)shift << HISTOGRAM_BITS) + (value >> shift);
    }
    histogram->buckets[bucket]++;
    histogram->count++;
    if (value > histogram->max) {
        histogram->max = value;
    }
}

static double middle_of(unsigned bucket) {
    if (bucket < 2 * STEPS) {
        return bucket;
    }
    unsigned shift = (bucket >> HISTOGRAM_BITS) - 1;
    return ((double)(bucket - (shift << HISTOGRAM_BITS)) + 0.5) * (double)(1ull << shift);
}

double histogram_quantile(const struct histogram *histogram, double share) {
    uint64_t wanted = (uint64_t)(share * (double)histogram->count), seen = 0;
    for (unsigned bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
        seen += histogram->buckets[bucket];
        if (seen > wanted) {
            double value = middle_of(bucket);
            return value < (double)histogram->max ? value : (double)histogram->max;
        }
    }
    return (double)histogram->max;
}
