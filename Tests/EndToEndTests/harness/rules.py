"""Rules and a configuration with which an alert takes only seconds."""

CONFIGURATION = "evaluation_delay: 1s\n"

# The median, so that fast spans resolve the alert as surely as slow ones start it.
SLOW_PAYMENTS = """\
groups:
  - name: shop
    interval: 1s
    rules:
      - alert: PaymentsSlow
        select: {service: checkout, operation: pay}
        when: p50 > 150ms and count >= 5
        over: 1m
        labels: {severity: page}
        annotations: {summary: "{{ $labels.operation }} takes {{ $value | humanizeDuration }}"}
"""
