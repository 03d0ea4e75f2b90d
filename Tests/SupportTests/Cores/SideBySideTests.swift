import Support
import Testing

@Suite struct `Values computed side by side` {
    @Test(arguments: [0, 1, 2, 100]) func `come in order, each computed once`(count: Int) {
        let squares = sideBySide(count) { [$0, $0 * $0] }
        #expect(squares == (0..<count).map { [$0, $0 * $0] })
    }
}
