"""What an operator sees: metrics, health of dependencies, traces, the rules of logs; dashboard and alerts as tables."""
