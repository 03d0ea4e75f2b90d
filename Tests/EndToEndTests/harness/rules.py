"""Rules and a configuration with which an alert is a matter of seconds."""

CONFIGURATION = "evaluation_delay: 1s\n"

# The median, so that fast spans end the alert as surely as slow ones start it.
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
