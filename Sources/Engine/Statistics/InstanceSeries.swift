/// The series of a population by instance: a pair for each operation or kind of request and each source that can have
/// it. Only rules that ask about instances read it. Immutable, so that evaluations share it.
package final class InstanceSeries: Sendable {
    package struct Pair: Equatable, Sendable {
        /// The operation or request number.
        package let series: Int32
        package let source: UInt16
    }

    /// By number; those of a series are adjacent, and the first has the sources without a place of their own.
    package let pairs: [Pair]
    /// By source number.
    package let sources: [SourceLabels]
    /// Where the pairs of each series begin, and where the last one's end.
    private let starts: [Int]
    /// The family of each series and of each source: sources can only have series of their own. -1 for none.
    private let familyOfSeries: [Int32]
    private let familyOfSource: [Int32]
    /// The place of each source in its family, from 1 on.
    private let placeOfSource: [Int32]

    /// More than a large cluster has. Beyond it, all spans of a series count in its first pair.
    static let pairsMax = 1 << 18

    /// - Parameters:
    ///   - familyOfSeries: by series number; the family's name.
    ///   - familyOfSource: by source number; nil for a source that has none of these series.
    fileprivate init<Family: Hashable>(
        _ familyOfSeries: [Family], _ familyOfSource: [Family?], _ sources: [SourceLabels]
    ) {
        var numbers: [Family: Int32] = [:]
        for family in familyOfSeries where numbers[family] == nil { numbers[family] = Int32(numbers.count) }
        var members = [[UInt16]](repeating: [SourceTable.overflow], count: numbers.count)
        var places: [Int32] = []
        let families = familyOfSource.enumerated().map { source, family -> Int32 in
            let number = source == Int(SourceTable.overflow) ? nil : family.flatMap { numbers[$0] }
            places.append(number.map { Int32(members[Int($0)].count) } ?? 0)
            if let number { members[Int(number)].append(UInt16(source)) }
            return number ?? -1
        }
        var pairs: [Pair] = []
        var starts = [0]
        for (series, family) in familyOfSeries.enumerated() {
            let own = members[Int(numbers[family] ?? 0)]
            let fitting = pairs.count + own.count <= Self.pairsMax ? own[...] : own.prefix(1)
            pairs += fitting.map { Pair(series: Int32(series), source: $0) }
            starts.append(pairs.count)
        }
        self.pairs = pairs
        self.starts = starts
        self.sources = sources
        self.familyOfSeries = familyOfSeries.map { numbers[$0] ?? -1 }
        self.familyOfSource = families
        placeOfSource = places
    }

    /// The pair of a row. Rows whose source has no place among those of the series count in its first pair.
    @inline(__always)
    func pair(series: Int, source: Int) -> Int {
        let first = starts[series]
        guard source < familyOfSource.count, familyOfSource[source] == familyOfSeries[series] else { return first }
        let pair = first + Int(placeOfSource[source])
        return pair < starts[series + 1] ? pair : first
    }

    /// How many series a population has with this one's pairs.
    package func seriesCount(_ population: Population) -> Int {
        population == .parts ? pairs.count * ComponentTable.countMax : pairs.count
    }
}

extension InstanceSeries {
    /// A cluster and a service in it; for requests, which any API server answers, only the cluster.
    private struct Family: Hashable {
        var cluster: String
        var service: String?
    }

    /// Operations by instance.
    package convenience init(_ operations: [OperationLabels], _ sources: [SourceLabels]) {
        self.init(
            operations.map { Family(cluster: $0.cluster, service: $0.service) },
            sources.map { Family(cluster: $0.cluster, service: $0.service) }, sources)
    }

    /// Kinds of requests by instance of the API server.
    package convenience init(
        _ requests: [RequestLabels], answeredBy operations: [OperationLabels], _ sources: [SourceLabels]
    ) {
        let servers = Set(
            operations.lazy.filter { $0.role == .apiServer }.map { Family(cluster: $0.cluster, service: $0.service) })
        self.init(
            requests.map { Family(cluster: $0.cluster) },
            sources.map { source in
                servers.contains(Family(cluster: source.cluster, service: source.service))
                    ? Family(cluster: source.cluster) : nil
            }, sources)
    }
}

/// The groups of a scan by instance.
struct InstanceScope {
    private let instances: InstanceSeries
    private let population: Population
    let groups: Range<Int>
    /// By pair; of parts, by pair and component.
    private let groupOfSeries: [Int32]
    /// For each operation or request number, 0 if any of its pairs may be wanted, else `SeriesScope.noSeries`.
    let wanted: [UInt16]

    init(_ population: Population, _ selection: Selection, _ instances: InstanceSeries, groups: Range<Int>) {
        self.instances = instances
        self.population = population
        self.groups = groups
        groupOfSeries = selection.groupOfSeries
        let width = population == .parts ? ComponentTable.countMax : 1
        var wanted: [UInt16] = []
        for (number, group) in selection.groupOfSeries.enumerated() {
            let series = Int(instances.pairs[number / width].series)
            while wanted.count <= series { wanted.append(SeriesScope.noSeries) }
            if groups.contains(Int(group)) { wanted[series] = 0 }
        }
        self.wanted = wanted
    }

    /// By series of the population without instances, the same as `wanted`.
    var wantedValues: [UInt16] {
        switch population {
        case .spans, .selfTimes: wanted
        // 0 in the column of requests means no request.
        case .requests: [SeriesScope.noSeries] + wanted
        case .parts: wanted.flatMap { Array(repeating: $0, count: ComponentTable.countMax) }
        }
    }

    /// The index of a row's group, or `SeriesScope.noSeries`.
    ///
    /// - Parameter series: the number in the population without instances.
    @inline(__always)
    func index(series: Int, source: Int) -> UInt16 {
        let width = population == .parts ? ComponentTable.countMax : 1
        let number = instances.pair(series: series / width, source: source) * width + series % width
        let group = Int(groupOfSeries[number])
        return groups.contains(group) ? UInt16(truncatingIfNeeded: group - groups.lowerBound) : SeriesScope.noSeries
    }
}
