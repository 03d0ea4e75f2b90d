import Engine
import Support

/// A process as saved with the incidents, so that the next daemon knows who should be heard. Times are in RFC 3339.
struct SavedProcess: Codable, Hashable, Sendable {
    /// nil if its spans don't name one.
    var cluster: String?
    var service: String
    var instance: String
    /// A `ServiceRole`.
    var role: String
    var since: String
    var heardUpTo: String
    var wasHeardOnTime: Bool
    var unheardNanoseconds: Int64?
    var spans: Double
    var ownCalls: Double
    var habitualNanoseconds: Int64
    var reportedNanoseconds: Int64

    init(_ record: ProcessRecord) {
        let source = record.source
        (cluster, service, instance) = (source.cluster.isEmpty ? nil : source.cluster, source.service, source.instance)
        role = record.role.rawValue
        (since, heardUpTo) = (Timestamp.rfc3339(record.since), Timestamp.rfc3339(record.heardUpTo))
        wasHeardOnTime = record.wasHeardOnTime
        unheardNanoseconds = record.unheardFor == 0 ? nil : record.unheardFor
        (spans, ownCalls) = (record.spans, record.ownCalls)
        (habitualNanoseconds, reportedNanoseconds) = (record.habitualSilence, record.reportedSilence)
    }

    /// Every time in it.
    var times: [String] { [since, heardUpTo] }
}
