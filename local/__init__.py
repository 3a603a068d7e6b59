"""AWS on one machine: an emulator, our CDK app deployed to it, and processes of ours for what the emulator lacks.

Needs no Docker, no npm and no network. `stack.LocalStack` is the way in.
"""
