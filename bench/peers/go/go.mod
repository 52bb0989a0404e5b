module jloop/bench/peers

go 1.19
