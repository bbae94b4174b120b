"""HumanEval: tasks, extraction, grading and the report of pass@1.

Programs are run by `interp.sandbox`, never here.
"""
