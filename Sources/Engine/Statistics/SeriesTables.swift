/// The operations a window knows, numbered in the order they were first seen; never forgotten.
///
/// Number 0 is the overflow row, which takes the spans of all operations beyond the limit.
package struct OperationTable: Sendable {
    package private(set) var labels = [OperationLabels(service: "_other", operation: "_other", kind: .unspecified)]
    /// Spans that went to the overflow row.
    package private(set) var overflowed = 0

    private var services = SymbolTable()
    /// Raw bytes of (service, name, kind) to entry; several may stand for one operation, where bytes are no UTF-8.
    private var symbols = SymbolTable()
    private var operationOfSymbol: [UInt16] = []
    private var operationOfLabels: [OperationLabels: UInt16] = [:]
    private let limit: Int

    package static let overflow: UInt16 = 0

    /// - Parameter limit: operations beside the overflow row, at most 65,534.
    package init(limit: Int) {
        self.limit = min(max(limit, 1), Int(UInt16.max) - 1)
    }

    /// The number of an operation.
    mutating func number(service: RawSpan, name: RawSpan, kind: SpanKind) -> UInt16 {
        guard let service = services.intern(service, salt: 0, limit: limit * 2) else { return Self.overflow }
        let salt = UInt32(service) &<< 8 | UInt32(kind.rawValue)
        // Twice the limit leaves room for names that differ only in invalid bytes.
        guard let symbol = symbols.intern(name, salt: salt, limit: limit * 2) else { return Self.overflow }
        if symbol < operationOfSymbol.count { return operationOfSymbol[symbol] }
        let labels = OperationLabels(
            service: services.text(service), operation: symbols.text(symbol), kind: kind)
        let operation = operationOfLabels[labels] ?? add(labels)
        operationOfSymbol.append(operation)
        return operation
    }

    mutating func countOverflow(_ spans: Int) {
        overflowed += spans
    }

    private mutating func add(_ new: OperationLabels) -> UInt16 {
        guard labels.count <= limit else { return Self.overflow }
        let number = UInt16(labels.count)
        labels.append(new)
        operationOfLabels[new] = number
        return number
    }
}

/// The request labels a window knows; number 0 is the overflow row.
package struct RequestTable: Sendable {
    package private(set) var labels = [
        RequestLabels(verb: "_other", group: "", resource: "", subresource: "", scope: "")
    ]
    private var symbols = SymbolTable()
    private var requestOfSymbol: [UInt16] = []
    private var requestOfLabels: [RequestLabels: UInt16] = [:]
    private let limit: Int

    package static let overflow: UInt16 = 0

    /// - Parameter limit: request labels beside the overflow row, at most 65,534.
    package init(limit: Int) {
        self.limit = min(max(limit, 1), Int(UInt16.max) - 2)
    }

    /// The number of request labels, by the key of `SpanBatch.withRequest`.
    mutating func number(key: RawSpan, salt: UInt32) -> UInt16 {
        guard let symbol = symbols.intern(key, salt: salt, limit: limit * 2) else { return Self.overflow }
        if symbol < requestOfSymbol.count { return requestOfSymbol[symbol] }
        let labels = Self.labels(key: symbols.text(symbol), salt: salt)
        let request = requestOfLabels[labels] ?? add(labels)
        requestOfSymbol.append(request)
        return request
    }

    private mutating func add(_ new: RequestLabels) -> UInt16 {
        guard labels.count <= limit else { return Self.overflow }
        let number = UInt16(labels.count)
        labels.append(new)
        requestOfLabels[new] = number
        return number
    }

    private static func labels(key: String, salt: UInt32) -> RequestLabels {
        // A zero byte inside a part can't be told from the end of it: parts beyond the third are left out.
        let parts = key.split(separator: "\0", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
        let verb = RequestVerb(rawValue: UInt8(truncatingIfNeeded: salt &>> 8)) ?? .unknown
        let scope = RequestScope(rawValue: UInt8(truncatingIfNeeded: salt)) ?? .none
        func part(_ index: Int) -> String { index < parts.count ? parts[index] : "" }
        return RequestLabels(
            verb: verb.name, group: part(0), resource: part(1), subresource: part(2), scope: scope.name)
    }
}
