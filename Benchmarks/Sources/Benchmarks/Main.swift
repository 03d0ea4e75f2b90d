import Engine
import Foundation

/// `Benchmarks [stage …]`: runs the named stages, or all.
@main
enum Main {
    static func main() throws {
        let stages = CommandLine.arguments.dropFirst()
        func wants(_ stage: String) -> Bool { stages.isEmpty || stages.contains(stage) }
        let environment = ProcessInfo.processInfo.environment
        // First, while the process holds nothing else.
        if wants("memory") { try MemoryBenchmark.run() }
        if stages == ["memory"] { return }
        let workloads = [try Workload.capture(), Workload.synthetic(batches: stages == ["instructions"] ? 8 : 64)]
        for workload in workloads {
            print("\(workload.name): \(workload.spanCount) spans, \(workload.byteCount / workload.spanCount) B each")
        }
        if stages == ["instructions"] {
            // For callgrind, which counts instructions within the functions that it is given.
            let workload = workloads[environment["W"] == "0" ? 0 : 1]
            var batch = SpanBatch()
            DecodeBenchmark.decode(workload, into: &batch)
            AppendBenchmark.append(workload, &batch)
            return
        }
        if stages == ["attribution-instructions"] { return AttributionBenchmark.runOnce(workloads[0]) }
        if wants("decode") { for workload in workloads { DecodeBenchmark.run(workload.cold) } }
        if wants("append") { for workload in workloads { AppendBenchmark.run(workload) } }
        if wants("attribution") {
            AttributionBenchmark.run(workloads[0])
            InFlightBenchmark.run(workloads[0])
        }
        if wants("record") { for workload in workloads { RecordBenchmark.run(workload) } }
        if wants("lock") { LockBenchmark.run() }
        if wants("quantile") { try QuantileBenchmark.run(columnsFile: environment["FAULTLINE_COLUMNS"]) }
        if wants("history") { HistoryBenchmark.run() }
        if wants("evaluate") { try EvaluationBenchmark.run() }
        if wants("builtin-rules") { try BuiltinRulesBenchmark.run() }
        if wants("replay") {
            guard let binary = environment["FAULTLINE_BINARY"] else {
                return print("\nReplay: skipped, FAULTLINE_BINARY is not set")
            }
            try ReplayBenchmark.run(binary: binary)
        }
        if wants("archive") {
            guard let binary = environment["FAULTLINE_BINARY"] else {
                return print("\nArchive: skipped, FAULTLINE_BINARY is not set")
            }
            try ArchiveBenchmark.run(binary: binary)
        }
    }
}
