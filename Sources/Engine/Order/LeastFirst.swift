/// A binary heap, which has the least of its elements at hand. All calls are to have the same order.
package struct LeastFirst<Element> {
    private var elements: [Element] = []

    package init() {}

    package var first: Element? { elements.first }

    package mutating func insert(_ element: Element, by isBefore: (Element, Element) -> Bool) {
        elements.append(element)
        var place = elements.count - 1
        while place > 0, isBefore(elements[place], elements[(place - 1) / 2]) {
            elements.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    package mutating func popFirst(by isBefore: (Element, Element) -> Bool) -> Element? {
        guard let last = elements.popLast() else { return nil }
        guard let first = elements.first else { return last }
        replaceFirst(with: last, by: isBefore)
        return first
    }

    /// Puts an element in the place of the first; there has to be one.
    package mutating func replaceFirst(with element: Element, by isBefore: (Element, Element) -> Bool) {
        elements[0] = element
        var place = 0
        while true {
            var least = place
            for child in 2 * place + 1...2 * place + 2 where child < elements.count {
                if isBefore(elements[child], elements[least]) { least = child }
            }
            if least == place { return }
            elements.swapAt(place, least)
            place = least
        }
    }
}
