import asyncio


async def main():
    await asyncio.sleep(0.001)
    print("Hello, world!")


asyncio.run(main())
