internal import COTLP
import Engine
import Glibc
import OTLP

/// Decoding to columns, against copying the bytes and against libprotobuf-c.
enum DecodeBenchmark {
    static func run(_ workload: Workload) {
        let cold = ColdCopy(workload)
        var batch = SpanBatch()
        let results = Harness().measure([
            .init(name: "memcpy, cold") { cold.run() },
            .init(name: "libprotobuf-c, malloc") { unsafe ProtobufC.decode(workload, allocator: nil) },
            .init(name: "libprotobuf-c, bump allocator") { ProtobufC.decodeBumped(workload) },
            .init(name: "to columns") { decode(workload, into: &batch) },
        ])
        ResultTable("Decode: \(workload.name)", items: workload.spanCount, bytes: workload.byteCount)
            .print(results, against: 3)
    }

    @inline(never)
    static func decode(_ workload: Workload, into batch: inout SpanBatch) {
        for body in workload.bodies { decode(body, into: &batch) }
    }

    static func decode(_ body: [UInt8], into batch: inout SpanBatch) {
        batch.removeAll()
        do {
            try unsafe SpanDecoder().decode(body.span.bytes, into: &batch)
        } catch {
            print("a body was refused: \(error)")
        }
    }
}

/// Copies all bodies to other memory, with neither side in a cache.
private final class ColdCopy {
    private let bodies: [[UInt8]]
    private var targets: [[UInt8]]

    init(_ workload: Workload) {
        bodies = workload.bodies
        targets = workload.bodies.map { [UInt8](repeating: 1, count: $0.count) }
    }

    func run() {
        for index in bodies.indices {
            unsafe targets[index].withUnsafeMutableBytes { target in
                unsafe bodies[index].withUnsafeBytes { unsafe target.copyMemory(from: $0) }
            }
        }
    }
}

private enum ProtobufC {
    static func decode(_ workload: Workload, allocator: UnsafeMutablePointer<ProtobufCAllocator>?) {
        for body in workload.bodies {
            unsafe body.withUnsafeBufferPointer {
                let message = unsafe faultline__otlp__export_trace_service_request__unpack(
                    allocator, $0.count, $0.baseAddress)
                unsafe faultline__otlp__export_trace_service_request__free_unpacked(message, allocator)
            }
        }
    }

    /// With an allocator that only moves a pointer and forgets everything after each body.
    static func decodeBumped(_ workload: Workload) {
        let size = 64 << 20
        guard let arena = unsafe malloc(size) else { return }
        defer { unsafe free(arena) }
        var bump = unsafe Bump(next: arena, end: arena + size)
        for body in workload.bodies {
            unsafe bump.next = arena
            unsafe withUnsafeMutablePointer(to: &bump) { bump in
                var allocator = unsafe ProtobufCAllocator(
                    alloc: { data, size in unsafe Bump.allocate(data, size) }, free: { _, _ in },
                    allocator_data: bump)
                unsafe body.withUnsafeBufferPointer {
                    let message = unsafe faultline__otlp__export_trace_service_request__unpack(
                        &allocator, $0.count, $0.baseAddress)
                    unsafe faultline__otlp__export_trace_service_request__free_unpacked(message, &allocator)
                }
            }
        }
    }

    @unsafe struct Bump {
        var next: UnsafeMutableRawPointer
        var end: UnsafeMutableRawPointer

        static func allocate(_ data: UnsafeMutableRawPointer?, _ size: Int) -> UnsafeMutableRawPointer? {
            guard let bump = unsafe data?.assumingMemoryBound(to: Bump.self) else { return nil }
            let start = unsafe bump.pointee.next
            let rounded = (size + 15) & ~15
            guard unsafe bump.pointee.end - start >= rounded else { return nil }
            unsafe bump.pointee.next = unsafe start + rounded
            return unsafe start
        }
    }
}

/// The cost of a span from the wire into the window, including latency bucket, names, duplicates and totals.
enum AppendBenchmark {
    static func run(_ workload: Workload) {
        var alone = SpanBatch()
        var batch = SpanBatch()
        let results = Harness().measure([
            .init(name: "decode alone") { DecodeBenchmark.decode(workload, into: &alone) },
            .init(name: "decode and append") { append(workload, &batch) },
        ])
        ResultTable("Append: \(workload.name)", items: workload.spanCount, bytes: workload.byteCount)
            .print(results, against: 0)
    }

    static func append(_ workload: Workload, _ batch: inout SpanBatch) {
        var window = Window(limits: WindowLimits(duration: nil))
        append(workload, &batch, to: &window)
    }

    static func append(_ workload: Workload, _ batch: inout SpanBatch, to window: inout Window) {
        for body in workload.bodies {
            DecodeBenchmark.decode(body, into: &batch)
            _ = window.append(batch, arrival: .max - 1_000_000_000_000, evaluatedUpTo: .min)
        }
    }
}
