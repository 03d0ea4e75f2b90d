import Engine
import Foundation

/// `Benchmarks [stage …]`: all stages, or those named.
@main
enum Main {
    static func main() throws {
        let stages = CommandLine.arguments.dropFirst()
        func wants(_ stage: String) -> Bool { stages.isEmpty || stages.contains(stage) }
        let environment = ProcessInfo.processInfo.environment
        let workloads = [try Workload.capture(), Workload.synthetic(batches: stages == ["instructions"] ? 8 : 64)]
        for workload in workloads {
            print("\(workload.name): \(workload.spanCount) spans, \(workload.byteCount / workload.spanCount) B each")
        }
        if stages == ["instructions"] {
            var batch = SpanBatch()
            DecodeBenchmark.decode(workloads[ProcessInfo.processInfo.environment["W"] == "0" ? 0 : 1], into: &batch)
            return
        }
        if wants("decode") { for workload in workloads { DecodeBenchmark.run(workload.cold) } }
        if wants("append") { for workload in workloads { AppendBenchmark.run(workload) } }
        if wants("lock") { LockBenchmark.run() }
        if wants("quantile") { try QuantileBenchmark.run(columnsFile: environment["FAULTLINE_COLUMNS"]) }
        if wants("evaluate") { try EvaluationBenchmark.run() }
        if wants("replay") {
            guard let binary = environment["FAULTLINE_BINARY"] else {
                return print("\nReplay: left out, FAULTLINE_BINARY names no binary")
            }
            try ReplayBenchmark.run(binary: binary)
        }
    }
}
