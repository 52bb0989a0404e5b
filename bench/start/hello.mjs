import { setTimeout } from 'node:timers/promises'

await setTimeout(1)
console.log('Hello, world!')
