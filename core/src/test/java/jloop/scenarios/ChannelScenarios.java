package jloop.scenarios;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.moveOnAfter;
import static jloop.Asyncio.sleep;

import java.time.Duration;
import java.util.List;
import jloop.BrokenResourceException;
import jloop.ClosedResourceException;
import jloop.EndOfChannelException;
import jloop.MemoryChannel;
import jloop.ReceiveChannel;
import jloop.SendChannel;
import jloop.Task;
import jloop.WouldBlockException;

/// The twins of `scenarios/channels`.
final class ChannelScenarios {

    private ChannelScenarios() { }

    static void end(Trace trace) {
        trace.run(() -> {
            MemoryChannel<Integer> channel = MemoryChannel.open(2);
            SendChannel<Integer> send = channel.sender();
            ReceiveChannel<Integer> receive = channel.receiver();
            send.send(1);
            send.send(2);
            SendChannel<Integer> second = send.copy();
            send.close();
            try {
                second.sendNowait(3);
            } catch (WouldBlockException _) {
                trace.out("full");
            }
            second.close();
            for (int item : receive) trace.out(item);
            try {
                receive.receive();
            } catch (EndOfChannelException _) {
                trace.out("end of channel");
            }
        });
    }

    static void rendezvous(Trace trace) {
        trace.run(() -> {
            MemoryChannel<String> channel = MemoryChannel.open(0);
            try {
                channel.sender().sendNowait("0");
            } catch (WouldBlockException _) {
                trace.out("nobody waits");
            }
            Task<Void> consumer = createTask(() -> {
                sleep(Duration.ofSeconds(5));
                String item = channel.receiver().receive();
                sleep(Duration.ofSeconds(1));
                trace.out("got", item, Trace.now());
            });
            channel.sender().send("item");
            trace.out("handed over", Trace.now());
            consumer.await();
        });
    }

    static void broken(Trace trace) {
        trace.run(() -> {
            MemoryChannel<Integer> channel = MemoryChannel.open(1);
            channel.receiver().close();
            try {
                channel.sender().send(1);
            } catch (BrokenResourceException _) {
                trace.out("broken");
            }
            channel.sender().close();
            List<Runnable> attempts = List.of(() -> channel.sender().sendNowait(1),
                    () -> channel.receiver().receiveNowait());
            for (Runnable attempt : attempts) {
                try {
                    attempt.run();
                } catch (ClosedResourceException _) {
                    trace.out("closed");
                }
            }
        });
    }

    static void cancelledReceiver(Trace trace) {
        trace.run(() -> {
            MemoryChannel<String> channel = MemoryChannel.open(1);
            boolean ended = moveOnAfter(Duration.ofSeconds(1), () -> {
                channel.receiver().receive();
            });
            trace.out(!ended);
            channel.sender().sendNowait("item");
            trace.out(channel.receiver().receive());
        });
    }
}
