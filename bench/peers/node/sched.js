// sched.js sched CASE REPETITIONS: promises and async functions, which is how node schedules. A
// turn of theirs is a microtask; yield-immediate is the same as yield with turns of the event loop.
'use strict';
const { performance } = require('perf_hooks');
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');

const SPAWNS = 1e6;
const YIELDERS = 100;
const YIELDS_EACH = 1e5;
const PINGS = 1e6;
const TIMERS = 1e6;
const CALLS = 2e6;

function check(found, expected) {
  if (found !== expected) throw new Error(`${found}, expected ${expected}`);
}

async function spawn() {
  let sum = 0;
  const add = async (number) => {
    await null;
    sum += number;
  };
  const tasks = new Array(SPAWNS);
  for (let i = 0; i < SPAWNS; i++) tasks[i] = add(i);
  for (const task of tasks) await task;
  check(sum, (SPAWNS * (SPAWNS - 1)) / 2);
}

async function yields() {
  const task = async () => {
    for (let i = 0; i < YIELDS_EACH; i++) await null;
  };
  await Promise.all(Array.from({ length: YIELDERS }, task));
}

async function yieldImmediate() {
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const task = async () => {
    for (let i = 0; i < YIELDS_EACH; i++) await turn();
  };
  await Promise.all(Array.from({ length: YIELDERS }, task));
}

// Unbounded, for one reader; node has none of its own.
class Queue {
  #values = [];
  #reader = null;

  put(value) {
    const reader = this.#reader;
    this.#reader = null;
    if (reader) reader(value);
    else this.#values.push(value);
  }

  get() {
    if (this.#values.length > 0) return this.#values.shift();
    return new Promise((resolve) => {
      this.#reader = resolve;
    });
  }
}

async function pingpong() {
  const there = new Queue();
  const back = new Queue();
  const answer = async () => {
    for (let i = 0; i < PINGS; i++) back.put((await there.get()) + 1);
  };
  const ask = async () => {
    for (let i = 0; i < PINGS; i++) {
      there.put(i);
      check(await back.get(), i + 1);
    }
  };
  await Promise.all([answer(), ask()]);
}

function timers() {
  return new Promise((done) => {
    let left = TIMERS / 2;
    const fired = () => {
      if (--left === 0) done();
    };
    const set = Array.from({ length: TIMERS }, () => setTimeout(fired, Math.random() * 1000));
    for (let i = 1; i < TIMERS; i += 2) clearTimeout(set[i]);
  });
}

// Messages of a worker: no other thread can call into node's.
function threadsafe() {
  return new Promise((done) => {
    let left = CALLS;
    new Worker(__filename, { workerData: CALLS }).on('message', () => {
      if (--left === 0) done();
    });
  });
}

const CASES = {
  spawn, yield: yields, 'yield-immediate': yieldImmediate, pingpong, timers, threadsafe,
};

async function main(name, repetitions) {
  for (let rep = 0; rep < repetitions; rep++) {
    const start = performance.now();
    await CASES[name]();
    console.log(JSON.stringify({ case: name, rep, s: (performance.now() - start) / 1000 }));
  }
}

if (isMainThread) {
  main(process.argv[3], Number(process.argv[4]));
} else {
  for (let i = 0; i < workerData; i++) parentPort.postMessage(i);
}
