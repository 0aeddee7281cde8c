// SPDX-License-Identifier: Apache-2.0
import io.grpc.CallOptions;
import io.grpc.EquivalentAddressGroup;
import io.grpc.InsecureChannelCredentials;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import io.grpc.StatusOr;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Calls a method of the servers at some addresses by turns, as steadily as they answer, until its
 * standard input ends. No retry policy is set. Prints what became of the calls as JSON.
 *
 * <p>usage: Rollout.java ADDRESS,ADDRESS... METHOD REQUEST_FILE
 */
public final class Rollout {
  private static final int WORKERS = 2;
  private static final int PAUSE_MILLIS = 4;
  private static final int TIMEOUT_SECONDS = 10;
  private static final int MAX_ERRORS = 10;

  /** Takes messages as bytes. */
  private static final MethodDescriptor.Marshaller<byte[]> BYTES = new MethodDescriptor.Marshaller<>() {
    @Override
    public InputStream stream(byte[] message) {
      return new ByteArrayInputStream(message);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException error) {
        throw new IllegalStateException(error);
      }
    }
  };

  /** Resolves static:///anything to addresses that are given. */
  private static final class StaticResolvers extends NameResolverProvider {
    private final List<EquivalentAddressGroup> servers = new ArrayList<>();

    StaticResolvers(String addresses) {
      for (String address : addresses.split(",")) {
        int colon = address.lastIndexOf(':');
        servers.add(new EquivalentAddressGroup(new InetSocketAddress(
            address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)))));
      }
    }

    @Override
    protected boolean isAvailable() {
      return true;
    }

    @Override
    protected int priority() {
      return 5;
    }

    @Override
    public String getDefaultScheme() {
      return "static";
    }

    @Override
    public NameResolver newNameResolver(URI target, NameResolver.Args args) {
      return new NameResolver() {
        @Override
        public String getServiceAuthority() {
          return "servers";
        }

        @Override
        public void start(Listener2 listener) {
          listener.onResult(ResolutionResult.newBuilder()
              .setAddressesOrError(StatusOr.fromValue(servers)).build());
        }

        @Override
        public void shutdown() {}
      };
    }
  }

  private final ManagedChannel channel;
  private final MethodDescriptor<byte[], byte[]> method;
  private final byte[] request;
  private volatile boolean stop;
  private int calls;
  private int failed;
  private final List<String> errors = new ArrayList<>();

  private Rollout(String addresses, String method, Path file) throws IOException {
    NameResolverRegistry.getDefaultRegistry().register(new StaticResolvers(addresses));
    channel = Grpc.newChannelBuilder("static:///servers", InsecureChannelCredentials.create())
        .defaultLoadBalancingPolicy("round_robin").build();
    this.method = MethodDescriptor.newBuilder(BYTES, BYTES)
        .setType(MethodDescriptor.MethodType.UNARY)
        .setFullMethodName(method.substring(1)).build();
    request = Files.readAllBytes(file);
  }

  private String call() {
    CallOptions options =
        CallOptions.DEFAULT.withDeadlineAfter(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    try {
      byte[] answer = ClientCalls.blockingUnaryCall(channel, method, options, request);
      return answer.length > 0 ? null : "the answer is empty";
    } catch (StatusRuntimeException error) {
      return error.getMessage();
    }
  }

  private synchronized void add(String error) {
    ++calls;
    if (error == null) {
      return;
    }
    ++failed;
    if (errors.size() < MAX_ERRORS) {
      errors.add(error);
    }
  }

  private void work() {
    try {
      while (!stop) {
        add(call());
        Thread.sleep(PAUSE_MILLIS);
      }
    } catch (InterruptedException error) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() throws IOException, InterruptedException {
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < WORKERS; ++i) {
      threads.add(new Thread(this::work));
    }
    threads.forEach(Thread::start);
    System.in.transferTo(OutputStream.nullOutputStream());
    stop = true;
    for (Thread thread : threads) {
      thread.join();
    }
    channel.shutdownNow();
    System.out.printf("{\"calls\": %d, \"failed\": %d, \"errors\": [%s]}%n", calls, failed,
        errors.stream().map(Rollout::quote).collect(Collectors.joining(", ")));
  }

  private static String quote(String text) {
    return '"' + text.replaceAll("[\\\\\"\\p{Cntrl}]", " ") + '"';
  }

  public static void main(String[] args) throws Exception {
    if (args.length != 3) {
      System.err.println("usage: Rollout.java ADDRESS,ADDRESS... METHOD REQUEST_FILE");
      System.exit(2);
    }
    new Rollout(args[0], args[1], Path.of(args[2])).run();
  }
}
